#include "memory/revise.h"

#include "base/log.h"
#include "memory/check_episode.h"
#include "memory/refusal.h"
#include "store/episodes.h"

namespace nexus::memory {

using postgres::Transaction;
using store::Episodes;

Task<Result<Episode>> Revise::Run(Uuid brain, Uuid id, std::optional<int64_t> version,
                                  Change change) {
  const auto checked = [this, change = std::move(change)](Episode old) -> Result<Episode> {
    if (old.invalidated_at) {
      return std::unexpected(Error{
          ErrorCode::kConflict,
          std::format("The episode was invalidated at {}.", FormatTimestamp(*old.invalidated_at)),
          "", "remember what holds now as a new episode"});
    }
    Result<Episode> made = change(std::move(old));
    if (!made) return made;
    if (auto error = CheckEpisode(*made, "", clock_.Now())) {
      return std::unexpected(std::move(*error));
    }
    return made;
  };
  co_return co_await Apply(brain, id, version, checked);
}

Task<Result<Episode>> Revise::Invalidate(Uuid brain, Uuid id, std::optional<int64_t> version,
                                         std::optional<Uuid> superseded_by) {
  if (superseded_by) {
    const auto found = co_await Episodes(api_).Get(brain, {*superseded_by});
    if (found.empty() || *superseded_by == id) {
      co_return FailField(ErrorCode::kInvalid, "/superseded_by",
                          "is not the id of another episode of this brain");
    }
  }
  const auto end = [now = clock_.Now(), superseded_by](Episode episode) -> Result<Episode> {
    if (!episode.invalidated_at) episode.invalidated_at = now;
    if (superseded_by) episode.superseded_by = superseded_by;
    return episode;
  };
  co_return co_await Apply(brain, id, version, end);
}

Task<Result<Episode>> Revise::Apply(Uuid brain, Uuid id, std::optional<int64_t> version,
                                    Change change) {
  Episode made;
  try {
    Transaction transaction = co_await api_.BeginAs(brain);
    std::optional<Episode> old = co_await Episodes::Lock(transaction, brain, id);
    if (!old) co_return Fail(ErrorCode::kNotFound, "There is no episode {}.", id.ToString());
    if (version && *version != old->version) {
      co_return std::unexpected(
          Error{ErrorCode::kPreconditionFailed,
                std::format("If-Match asks for version {}, and it is {}.", *version, old->version),
                "", "get the episode, and change what it is now"});
    }
    Result<Episode> changed = change(*old);
    if (!changed) co_return std::unexpected(changed.error());
    made = std::move(*changed);
    made.id = old->id;
    made.created_at = old->created_at;
    made.version = old->version;
    if (made == *old) co_return made;
    made.version = co_await Episodes::Update(transaction, brain, made);
    co_await transaction.Commit();
  } catch (const postgres::QueryError& refusal) {
    co_return std::unexpected(ToError(refusal, false));
  } catch (const postgres::ConnectionLost& loss) {
    co_return std::unexpected(ToError(loss));
  }
  co_await Publish(brain, made);
  co_return made;
}

// What is committed stands, whatever happens to the index: then it is loaded anew.
Task<> Revise::Publish(Uuid brain, Episode episode) {
  try {
    if (episode.invalidated_at) {
      indexes_.Remove(brain, episode.id);
    } else {
      co_await indexes_.Put(brain, {std::move(episode)});
    }
  } catch (const std::exception& error) {
    LogWarning("the resident index is given up", {{"error", error.what()}});
    indexes_.Drop(brain);
  }
  if (on_committed_) on_committed_();
}

}  // namespace nexus::memory
