#include <charconv>

#include "api/space_handlers.h"

namespace nexus::api {
namespace {

EpisodeStats View(const store::SpaceCounts& counts) {
  return {counts.total, counts.embedded, counts.pending, counts.failed};
}

double Coverage(const store::SpaceCounts& counts) {
  if (counts.total == 0) return 1;
  return static_cast<double>(counts.embedded) / static_cast<double>(counts.total);
}

SpaceView View(memory::SpaceReport report) {
  store::Space& space = report.space;
  SpaceView view;
  view.id = space.id;
  view.model = std::move(space.model);
  view.artefact_sha256 = std::move(space.artefact_sha256);
  view.dimension = space.dimension;
  view.max_tokens = space.max_tokens;
  view.state = space.state;
  view.source = std::move(space.source);
  view.created_at = space.created_at;
  view.activated_at = space.activated_at;
  view.episodes = View(report.counts);
  view.coverage = space.is_living() ? Coverage(report.counts) : 0;
  if (!report.trouble.empty()) view.trouble = std::move(report.trouble);
  return view;
}

Result<SpaceView> View(Result<memory::SpaceReport> report) {
  if (!report) return std::unexpected(report.error());
  return View(std::move(*report));
}

std::optional<Error> RefuseBoundKey(const Call& call) {
  if (!call.caller.brain) return std::nullopt;
  return Error{ErrorCode::kForbidden,
               "The key is bound to one brain, and embedding spaces are of all.", "",
               "use a key without a brain"};
}

// The id in the path, for a key that may.
Result<int64_t> SpaceId(const Call& call) {
  if (auto error = RefuseBoundKey(call)) return std::unexpected(std::move(*error));
  const std::string& text = call.arguments.at(0);
  int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  if (!is_number || id < 1 || id > std::numeric_limits<int32_t>::max()) {
    return Fail(ErrorCode::kNotFound, "There is no embedding space {}.", text);
  }
  return id;
}

}  // namespace

Task<Result<SpacePage>> ListSpaces(Services& services, Call call, NoParameters) {
  if (auto error = RefuseBoundKey(call)) co_return std::unexpected(std::move(*error));
  SpacePage page;
  for (memory::SpaceReport& report : co_await services.swap.List()) {
    page.spaces.push_back(View(std::move(report)));
  }
  co_return page;
}

Task<Result<SpaceView>> CreateSpace(Services& services, Call call, NewSpace request) {
  if (auto error = RefuseBoundKey(call)) co_return std::unexpected(std::move(*error));
  if (!request.source.starts_with('/')) {
    co_return FailField(ErrorCode::kInvalid, "/source", "must be an absolute path");
  }
  co_return View(co_await services.swap.Create(std::move(request.source)));
}

Task<Result<SpaceView>> GetSpace(Services& services, Call call, NoParameters) {
  auto id = SpaceId(call);
  if (!id) co_return std::unexpected(id.error());
  co_return View(co_await services.swap.Get(*id));
}

Task<Result<VerificationView>> VerifySpace(Services& services, Call call, VerifyRequest request) {
  auto id = SpaceId(call);
  if (!id) co_return std::unexpected(id.error());
  auto verified = co_await services.swap.Verify(*id, request.questions, request.limit);
  if (!verified) co_return std::unexpected(verified.error());
  co_return VerificationView{.episodes = View(verified->counts),
                             .coverage = Coverage(verified->counts),
                             .complete = verified->is_complete,
                             .questions = verified->questions,
                             .overlap = verified->overlap};
}

Task<Result<SpaceView>> ActivateSpace(Services& services, Call call, ActivateRequest request) {
  auto id = SpaceId(call);
  if (!id) co_return std::unexpected(id.error());
  co_return View(co_await services.swap.Activate(*id, request.force));
}

Task<Result<SpaceView>> RollbackSpace(Services& services, Call call, NoParameters) {
  if (auto error = RefuseBoundKey(call)) co_return std::unexpected(std::move(*error));
  co_return View(co_await services.swap.Rollback());
}

Task<Result<SpaceView>> RetireSpace(Services& services, Call call, NoParameters) {
  auto id = SpaceId(call);
  if (!id) co_return std::unexpected(id.error());
  co_return View(co_await services.swap.Retire(*id));
}

Task<Result<WorkCount>> RetrySpace(Services& services, Call call, NoParameters) {
  auto id = SpaceId(call);
  if (!id) co_return std::unexpected(id.error());
  auto queued = co_await services.swap.Retry(*id);
  if (!queued) co_return std::unexpected(queued.error());
  co_return WorkCount{*queued};
}

Task<Result<WorkCount>> BackfillSpace(Services& services, Call call, NoParameters) {
  auto id = SpaceId(call);
  if (!id) co_return std::unexpected(id.error());
  auto queued = co_await services.swap.Backfill(*id);
  if (!queued) co_return std::unexpected(queued.error());
  co_return WorkCount{*queued};
}

Task<Result<FailurePage>> ListFailures(Services& services, Call call, FailureRequest request) {
  auto id = SpaceId(call);
  if (!id) co_return std::unexpected(id.error());
  auto failed = co_await services.swap.ListFailed(*id, request.limit);
  if (!failed) co_return std::unexpected(failed.error());
  FailurePage page;
  for (store::FailedWork& work : *failed) {
    page.failures.push_back({work.brain, work.item, work.attempts, std::move(work.reason)});
  }
  co_return page;
}

}  // namespace nexus::api
