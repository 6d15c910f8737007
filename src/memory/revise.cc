#include "memory/revise.h"

#include "base/log.h"
#include "memory/acknowledged.h"
#include "memory/check_episode.h"
#include "memory/refusal.h"

namespace nexus::memory {

using postgres::Transaction;
using store::Episodes;

namespace {

// Held until the end of the transaction.
Task<Result<Episode>> LockTarget(Transaction& transaction, const Target& target) {
  std::optional<Episode> found = co_await Episodes::Lock(transaction, target.brain, target.id);
  if (!found) co_return Fail(ErrorCode::kNotFound, "There is no episode {}.", target.id.ToString());
  if (target.version && *target.version != found->version) {
    co_return std::unexpected(Error{
        ErrorCode::kPreconditionFailed,
        std::format("If-Match asks for version {}, and it is {}.", *target.version, found->version),
        "", "get the episode, and change what it is now"});
  }
  co_return std::move(*found);
}

}  // namespace

Task<Result<Episode>> Revise::Run(Target target, Change change) {
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
  co_return co_await Apply(std::move(target), std::nullopt, checked);
}

Task<Result<Episode>> Revise::Invalidate(Target target, std::optional<Uuid> superseded_by) {
  const auto end = [now = clock_.Now(), superseded_by](Episode episode) -> Result<Episode> {
    if (!episode.invalidated_at) episode.invalidated_at = now;
    if (superseded_by) episode.superseded_by = superseded_by;
    return episode;
  };
  co_return co_await Apply(std::move(target), superseded_by, end);
}

Task<Result<Episode>> Revise::Apply(Target target, std::optional<Uuid> successor, Change change) {
  std::optional<Result<std::string>> earlier;
  Result<Applied> made;
  try {
    Once once = co_await ledger_.OfBrain(target.brain, target.key);
    earlier = once.earlier();
    if (!earlier) made = co_await ApplyIn(once, target, successor, std::move(change));
    if (!earlier && made) {
      co_await once.Commit(ToRecord(Revised::Of(made->episode)));
    } else {
      co_await once.Cancel();
    }
  } catch (const postgres::QueryError& refusal) {
    co_return std::unexpected(ToError(refusal, false));
  } catch (const postgres::ConnectionLost& loss) {
    co_return std::unexpected(ToError(loss));
  }
  if (earlier) co_return co_await Replay(std::move(target), std::move(*earlier));
  if (!made) co_return std::unexpected(made.error());
  if (made->changed) co_await Publish(target.brain, made->episode);
  co_return std::move(made->episode);
}

// What changes nothing is no revision.
Task<Result<Revise::Applied>> Revise::ApplyIn(Once& once, const Target& target,
                                              std::optional<Uuid> successor, Change change) {
  Result<Episode> old = co_await LockTarget(once.transaction(), target);
  if (!old) co_return std::unexpected(old.error());
  if (successor) {
    const auto found =
        co_await store::ReadEpisodesIn(once.transaction(), target.brain, {*successor});
    if (*successor == target.id) {
      co_return FailField(ErrorCode::kInvalid, "/superseded_by", "is the episode itself");
    }
    if (found.empty()) {
      co_return FailField(ErrorCode::kNotFound, "/superseded_by",
                          std::format("There is no episode {}.", successor->ToString()));
    }
  }
  Result<Episode> made = change(*old);
  if (!made) co_return std::unexpected(made.error());
  made->id = old->id;
  made->created_at = old->created_at;
  made->version = old->version;
  if (*made == *old) co_return Applied{std::move(*made), false};
  co_return Applied{co_await Episodes::Update(once.transaction(), target.brain, std::move(*made)),
                    true};
}

Task<Result<void>> Revise::Erase(Target target) {
  Result<void> done;
  try {
    Once once = co_await ledger_.OfBrain(target.brain, target.key);
    if (const auto& earlier = once.earlier()) {
      if (!*earlier) done = std::unexpected(earlier->error());
      co_await once.Cancel();
      co_return done;
    }
    if (auto found = co_await LockTarget(once.transaction(), target); !found) {
      co_await once.Cancel();
      co_return std::unexpected(found.error());
    }
    co_await Episodes::Delete(once.transaction(), target.brain, target.id);
    co_await once.Commit("{}");
  } catch (const postgres::QueryError& refusal) {
    co_return std::unexpected(ToError(refusal, false));
  } catch (const postgres::ConnectionLost& loss) {
    co_return std::unexpected(ToError(loss));
  }
  spaces_.Remove(target.brain, target.id);
  co_await spaces_.ForgetSnapshots(target.brain);
  co_return done;
}

// What the earlier request made, read back: its text is kept where an erasure finds it.
Task<Result<Episode>> Revise::Replay(Target target, Result<std::string> record) {
  if (!record) co_return std::unexpected(record.error());
  const Revised kept = RevisedFromRecord(*record);
  auto episode = co_await episodes_.GetVersion(target.brain, target.id, kept.version);
  if (!episode) {
    co_return Fail(ErrorCode::kNotFound,
                   "The episode {} was erased after the first request with this Idempotency-Key.",
                   target.id.ToString());
  }
  episode->invalidated_at = kept.invalidated_at;
  episode->superseded_by = kept.superseded_by;
  co_return std::move(*episode);
}

// What is committed stands, whatever happens to the index: then it is loaded anew.
Task<> Revise::Publish(Uuid brain, Episode episode) {
  try {
    if (episode.invalidated_at) {
      spaces_.Remove(brain, episode.id);
    } else {
      co_await spaces_.Put(brain, {std::move(episode)});
    }
  } catch (const std::exception& error) {
    LogWarning("the resident index is given up", {{"error", error.what()}});
    spaces_.Drop(brain);
  }
  if (on_committed_) on_committed_();
}

}  // namespace nexus::memory
