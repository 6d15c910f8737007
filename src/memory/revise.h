// Changing what was remembered: a new revision, an end of its validity, or its erasure.
#pragma once

#include <functional>
#include <optional>

#include "base/task.h"
#include "base/time.h"
#include "domain/episode.h"
#include "memory/once.h"
#include "memory/spaces.h"
#include "store/episodes.h"

namespace nexus::memory {

// Which episode a change is meant for, in which version, and under which key.
struct Target {
  Uuid brain;
  Uuid id;
  std::optional<int64_t> version;  // nullopt: any
  std::optional<IdempotencyKey> key;
};

// Loop thread only. All references are borrowed. kNotFound: it is not there. kPreconditionFailed:
// it is not of the target's version. kKeyReused, kStillRunning: the key's. The same key and request
// gives the same answer as before, unless the episode was erased since (kNotFound).
class Revise {
 public:
  // Makes the new revision of the one that is there.
  using Change = std::function<Result<Episode>(Episode)>;

  // `on_committed` wakes the embedding queue.
  Revise(Ledger& ledger, store::Episodes& episodes, Spaces& spaces, const Clock& clock,
         std::function<void()> on_committed)
      : ledger_(ledger),
        episodes_(episodes),
        spaces_(spaces),
        clock_(clock),
        on_committed_(std::move(on_committed)) {}

  // The old text is no longer found when this returns; ListRevisions keeps it. What `change` does
  // to id, created_at and version is ignored. kConflict: it was invalidated; what `change` says, or
  // a rule of domain/episode.h.
  Task<Result<Episode>> Run(Target target, Change change);

  // From now on it is kept, and neither found nor listed. The successor has to exist (else kInvalid
  // for /superseded_by). Done a second time it changes nothing.
  Task<Result<Episode>> Invalidate(Target target, std::optional<Uuid> superseded_by);

  // Gone everywhere: row, revisions, vectors, index, queued work.
  Task<Result<void>> Erase(Target target);

 private:
  struct Applied {
    Episode episode;
    bool changed = true;
  };

  Task<Result<Episode>> Apply(Target target, std::optional<Uuid> successor, Change change);
  Task<Result<Applied>> ApplyIn(Once& once, const Target& target, std::optional<Uuid> successor,
                                Change change);
  Task<Result<Episode>> Replay(Target target, Result<std::string> record);
  Task<> Publish(Uuid brain, Episode episode);

  Ledger& ledger_;
  store::Episodes& episodes_;
  Spaces& spaces_;
  const Clock& clock_;
  std::function<void()> on_committed_;
};

}  // namespace nexus::memory
