#include "api/cursor.h"
#include "api/find_brain.h"
#include "api/handlers.h"
#include "api/idempotency.h"

namespace nexus::api {
namespace {

BrainView View(const store::Brain& brain) { return {brain.id, brain.name, brain.created_at}; }

bool IsBrainName(std::string_view name) {
  auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && letter_or_digit(name.front()) && std::ranges::all_of(name, [&](char c) {
    return letter_or_digit(c) || c == '_' || c == '.' || c == '-';
  });
}

}  // namespace

Task<Result<BrainView>> CreateBrain(Services& services, Call call, NewBrain request) {
  if (call.caller.brain) {
    co_return Fail(ErrorCode::kForbidden, "The key is bound to one brain and cannot make others.");
  }
  if (!IsBrainName(request.name) || ParseUuid(request.name)) {
    co_return FailField(ErrorCode::kInvalid, "/name",
                        "must be 1 to 63 of A-Z a-z 0-9 _ . -, begin with a letter or digit, and "
                        "not look like an id");
  }
  UuidGenerator ids(services.clock);
  store::Brain brain{ids.Next(), request.name, services.clock.Now()};
  auto once = co_await services.ledger.OfCaller(call.caller.id, std::nullopt, std::move(call.key));
  if (once.earlier()) {
    auto earlier = FromEarlier<BrainView>(*once.earlier());
    co_await once.Cancel();
    co_return earlier;
  }
  if (!co_await store::Brains::Insert(once.transaction(), brain)) {
    co_await once.Cancel();
    co_return FailField(ErrorCode::kConflict, "/name",
                        std::format("there is a brain named {} already", request.name),
                        "use it, or choose another name");
  }
  co_await once.Commit(SerializeJson(ToJson(View(brain))));
  co_return View(brain);
}

Task<Result<BrainPage>> ListBrains(Services& services, Call call, BrainListRequest request) {
  std::string after;
  if (request.cursor) {
    auto place = ReadCursor(*request.cursor);
    if (!place) co_return std::unexpected(place.error());
    after = *place;
  }
  std::vector<store::Brain> found =
      co_await services.brains.List(after, request.limit + 1, call.caller.brain);
  BrainPage page;
  if (std::ssize(found) > request.limit) {
    found.pop_back();
    page.next_cursor = MakeCursor(found.back().name);
  }
  for (const store::Brain& brain : found) page.brains.push_back(View(brain));
  co_return page;
}

Task<Result<BrainView>> GetBrain(Services&, Call call, NoParameters) { co_return View(call.brain); }

Task<Result<boost::json::value>> DeleteBrain(Services& services, Call call, boost::json::value) {
  auto brain = co_await FindBrain(services, call.caller, call.arguments.at(0));
  const auto id = brain ? std::optional(brain->id) : std::nullopt;
  auto once = co_await services.ledger.OfCaller(call.caller.id, id, std::move(call.key));
  // After the first request there is none of that name, or another one.
  if (once.earlier() || !brain) {
    const Result<std::string> answer =
        once.earlier() ? *once.earlier() : std::unexpected(brain.error());
    co_await once.Cancel();
    co_return answer.transform([](const auto&) { return boost::json::value(); });
  }
  co_await store::Brains::Delete(once.transaction(), *id);
  co_await once.Commit("{}");
  services.spaces.Drop(*id);
  co_await services.spaces.ForgetSnapshots(*id);
  co_return boost::json::value();
}

Task<Result<StatsView>> GetStats(Services& services, Call call, NoParameters) {
  const memory::SharedSpace space = services.spaces.active();
  store::EpisodeCounts counts = co_await services.episodes.Count(call.brain.id, space->id());
  StatsView stats{{counts.total, counts.embedded, counts.pending, counts.failed}, std::nullopt};
  if (space->embedder() != nullptr) {
    const embed::ModelInfo& model = space->embedder()->info();
    stats.model = ModelView{model.name, static_cast<int64_t>(model.dimension),
                            static_cast<int64_t>(model.max_tokens), model.artefact_sha256};
  }
  co_return stats;
}

}  // namespace nexus::api
