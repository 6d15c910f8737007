// Changing what was remembered: a new revision, or an end of its validity.
#pragma once

#include <functional>
#include <optional>

#include "base/task.h"
#include "base/time.h"
#include "domain/episode.h"
#include "memory/indexes.h"
#include "postgres/pool.h"

namespace nexus::memory {

// Loop thread only. All references are borrowed.
class Revise {
 public:
  // Makes the new revision of the one that is there.
  using Change = std::function<Result<Episode>(Episode)>;

  // `on_committed` wakes the embedding queue.
  Revise(postgres::Pool& api, Indexes& indexes, const Clock& clock,
         std::function<void()> on_committed)
      : api_(api), indexes_(indexes), clock_(clock), on_committed_(std::move(on_committed)) {}

  // The old text is no longer found when this returns; ListRevisions keeps it. What `change` does
  // to id, created_at and version is ignored. kNotFound; kPreconditionFailed: it is not of
  // `version`; kConflict: it was invalidated; what `change` says, or a rule of domain/episode.h.
  Task<Result<Episode>> Run(Uuid brain, Uuid id, std::optional<int64_t> version, Change change);

  // From now on it is kept, and neither found nor listed. The successor has to exist (else kInvalid
  // for /superseded_by). Done a second time it changes nothing.
  Task<Result<Episode>> Invalidate(Uuid brain, Uuid id, std::optional<int64_t> version,
                                   std::optional<Uuid> superseded_by);

 private:
  Task<Result<Episode>> Apply(Uuid brain, Uuid id, std::optional<int64_t> version, Change change);
  Task<> Publish(Uuid brain, Episode episode);

  postgres::Pool& api_;
  Indexes& indexes_;
  const Clock& clock_;
  std::function<void()> on_committed_;
};

}  // namespace nexus::memory
