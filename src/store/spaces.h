// The embedding spaces and what is counted of them over all brains.
// Loop thread only; every function may throw what postgres/ throws.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "base/time.h"
#include "base/uuid.h"
#include "embed/embedder.h"
#include "postgres/pool.h"

namespace nexus::store {

enum class SpaceState { kBuilding, kActive, kRetired };

// One model, one artefact, one dimension. The active one serves; those that are building are kept
// up to date; of a retired one only this is left.
struct Space {
  int64_t id = 0;
  std::string model;
  std::string artefact_sha256;
  int64_t dimension = 0;
  int64_t max_tokens = 0;
  SpaceState state = SpaceState::kBuilding;
  std::optional<std::string> source;  // the model's directory
  Timestamp created_at;
  std::optional<Timestamp> activated_at;  // when it last began to serve

  bool is_living() const { return state != SpaceState::kRetired; }
};

const Space* FindActive(const std::vector<Space>& spaces);

// Valid episodes of all brains. total = embedded + pending + failed.
struct SpaceCounts {
  int64_t total = 0;
  int64_t embedded = 0;  // and no newer vectors are waited for
  int64_t pending = 0;
  int64_t failed = 0;  // given up, with the reason in the queue
};

struct FailedWork {
  Uuid brain;
  Uuid item;
  int64_t attempts = 0;
  std::string reason;
};

class Spaces {
 public:
  // The pools of nexus_owner (spaces appear and go), nexus_embedder (work is tried again) and
  // nexus_keeper (counts).
  Spaces(postgres::Pool& owner, postgres::Pool& embedder, postgres::Pool& keeper)
      : owner_(owner), embedder_(embedder), keeper_(keeper) {}

  // By id; the retired ones, too.
  Task<std::vector<Space>> List();
  // The first one is active at once. kConflict if a living one has the same artefact.
  Task<Result<Space>> Create(embed::ModelInfo model, std::string source);
  Task<> Move(int64_t space, std::string source);
  // From now on it serves. False if there is no living one of this id.
  Task<bool> Activate(int64_t space);
  // Its vectors and its work go. False if there is none, or it is active or retired already.
  Task<bool> Retire(int64_t space);

  // `before`: only of what was created before.
  Task<SpaceCounts> Count(int64_t space, std::optional<Timestamp> before);
  // Oldest work first.
  Task<std::vector<FailedWork>> ListFailed(int64_t space, int64_t limit);
  // What was given up is tried again; how much it is.
  Task<int64_t> RetryFailed(int64_t space, Timestamp now);
  // Queues what has neither a vector nor work; how much it is.
  Task<int64_t> QueueMissing(int64_t space, Uuid brain);

 private:
  postgres::Pool& owner_;
  postgres::Pool& embedder_;
  postgres::Pool& keeper_;
};

}  // namespace nexus::store
