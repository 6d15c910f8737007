// The embedding spaces as this node serves them: each with its model, its vectors and its resident
// indexes. One answers; what is written goes into all.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/task.h"
#include "embed/query_lane.h"
#include "memory/indexes.h"
#include "memory/past.h"
#include "store/spaces.h"

namespace nexus::memory {

// What a space works with; borrowed.
struct SpaceParts {
  postgres::Pool& api;
  store::Episodes& episodes;
  ComputePool& compute;
  Metrics& metrics;
  IndexOptions index;  // of each space; its dimension and artefact are the space's
};

// Loop thread only. Its destructor waits for a run of the model that is going on.
class LivingSpace {
 public:
  // Without a row: words alone. Without an embedder: its vectors are there, and no question gets
  // one.
  LivingSpace(std::optional<store::Space> row, std::unique_ptr<const embed::Embedder> embedder,
              const SpaceParts& parts);
  LivingSpace(const LivingSpace&) = delete;

  int64_t id() const { return row_ ? row_->id : 0; }
  const std::optional<store::Space>& row() const { return row_; }
  const embed::Embedder* embedder() const { return embedder_.get(); }
  const text::Tokenizer* tokenizer() const { return embedder_ ? &embedder_->tokenizer() : nullptr; }
  store::Vectors* vectors() { return vectors_ ? &*vectors_ : nullptr; }
  embed::QueryLane* lane() { return lane_ ? &*lane_ : nullptr; }
  Indexes& indexes() { return *indexes_; }
  const Indexes& indexes() const { return *indexes_; }
  Past& past() { return *past_; }

 private:
  std::optional<store::Space> row_;
  std::unique_ptr<const embed::Embedder> embedder_;
  std::optional<store::Vectors> vectors_;
  std::optional<embed::QueryLane> lane_;
  std::optional<Indexes> indexes_;
  std::optional<Past> past_;
};

// Shared by the table below and by whoever works in a space: a question that began there ends
// there, whatever is activated meanwhile.
using SharedSpace = std::shared_ptr<LivingSpace>;

// Loop thread only.
class Spaces {
 public:
  // At first there are words alone.
  explicit Spaces(SpaceParts parts);

  SharedSpace active() const { return active_; }
  SharedSpace Find(int64_t id) const;  // null if this node does not serve it
  const std::vector<SharedSpace>& all() const { return all_; }

  // From now on it takes what is written. It may be activated then.
  SharedSpace Admit(store::Space row, std::unique_ptr<const embed::Embedder> embedder);
  // False if this node does not serve it.
  bool Activate(int64_t id);
  // Loads what of the active space's indexes is resident, so that the first questions after an
  // activation need not wait.
  Task<> Warm(SharedSpace space);
  // Not the active one. Returns when nobody works in it any longer.
  Task<> Remove(int64_t id);
  // How often one was activated here: whoever waited between asking which it should be and acting
  // on it sees whether the answer is old.
  uint64_t activations() const { return activations_; }

  // Why this node cannot serve a space; empty if it can, or never heard of it.
  void SetTrouble(int64_t id, std::string why);
  std::string TroubleOf(int64_t id) const;
  // Of any of them: "space 2: …".
  std::string trouble() const;

  // As Indexes says, in every space.
  Task<> Put(Uuid brain, std::vector<Episode> episodes);
  void Remove(Uuid brain, Uuid id);
  Task<> Apply(std::vector<store::OutboxEvent> events);
  void Drop(Uuid brain);
  Task<> Drain();
  Task<bool> SaveDue();
  Task<> SaveLast(std::chrono::steady_clock::time_point deadline);

  // Indexes and snapshots of all brains: after a gap in the outbox.
  Task<> Clear();
  // Something of the brain was erased, and this node's snapshots may hold it: when this returns
  // they are gone. Throws Failure if one cannot be removed.
  Task<> ForgetSnapshots(Uuid brain);

 private:
  SpaceParts parts_;
  std::vector<SharedSpace> all_;
  SharedSpace active_;
  uint64_t activations_ = 0;
  std::unordered_map<int64_t, std::string> troubles_;
};

}  // namespace nexus::memory
