// The resident indexes of brains: loaded on first use, from a snapshot and what has happened since
// or from PostgreSQL's rows, kept up to date by the writer's own node at once and by the outbox for
// everything else, given up when too many.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "base/task.h"
#include "domain/episode.h"
#include "memory/in_flight.h"
#include "memory/index_loader.h"
#include "memory/snapshots.h"
#include "recall/brain_index.h"
#include "store/embeddings.h"
#include "store/episodes.h"
#include "store/outbox.h"

namespace nexus::memory {

struct IndexOptions {
  size_t dimension = 0;            // of the space; 0: words only
  std::string artefact;            // of its model
  size_t max_bytes = 1 << 30;      // the least recently used indexes go beyond it
  int64_t load_page = 2'000;       // rows read at once while loading
  Snapshots* snapshots = nullptr;  // borrowed; null: every load is from rows
};

// Loop thread only; counting terms and building run on the compute pool.
class Indexes {
 public:
  // `vectors` is null without a model. All are borrowed and must outlive this.
  Indexes(store::Episodes& episodes, store::Vectors* vectors, ComputePool& compute,
          Metrics& metrics, IndexOptions options);
  ~Indexes();

  // The index of a brain, complete as of the call; who asks while it loads shares the one load.
  // Shared with the caller so that a search may outlast an eviction.
  Task<std::shared_ptr<const recall::BrainIndex>> Get(Uuid brain);

  // Changes that this node committed itself: visible when they return. Nothing happens if the brain
  // is not resident; a brain that is being loaded takes them too. What is removed stays removed,
  // also when a row that was read before is put in afterwards.
  Task<> Put(Uuid brain, std::vector<Episode> episodes);
  Task<> SetVectors(Uuid brain, std::vector<store::StoredVector> vectors);  // of one episode
  void Remove(Uuid brain, Uuid id);

  // Rows of the outbox, in order: what other nodes and plain SQL did. Reads the rows that it needs;
  // what this node has put in itself is not read again. If it throws, apply the same rows again.
  Task<> Apply(std::vector<store::OutboxEvent> events);

  // Writes the snapshots that are due, one at a time. True: one was written, look again.
  Task<bool> SaveDue();
  // At the end, when nothing changes any more; none is begun after the deadline.
  Task<> SaveLast(std::chrono::steady_clock::time_point deadline);

  // Everything is given up; the next use loads anew. After a gap in the outbox.
  void Clear();
  void Drop(Uuid brain);

  // Waits for every load in flight: before the references of the constructor go.
  Task<> Drain() { return in_flight_.Finish(); }

  // Most recently used first.
  std::vector<Uuid> brains() const { return {recent_.begin(), recent_.end()}; }
  size_t resident() const { return residents_.size(); }
  size_t resident_bytes() const { return bytes_; }

 private:
  struct Resident;
  class Changes;
  class Work;
  // Shared by the table, by those who wait for the load, and by work in flight on it.
  using Shared = std::shared_ptr<Resident>;

  Shared Find(Uuid brain) const;
  Shared Add(Uuid brain, asio::any_io_executor executor);
  void Touch(Resident& resident);
  Task<> Load(Shared resident);
  Task<> LoadRows(Shared resident);
  Task<bool> LoadSnapshot(Shared resident);
  SnapshotKey KeyOf(const Resident& resident) const;
  SnapshotDue::Sight SightOf(const Resident& resident) const;
  Task<bool> Save(Shared resident, SnapshotStep step);
  IndexLoader LoaderOf(const Shared& resident);
  Task<> ApplyTo(Shared resident, Changes changes);
  Task<> PutInto(Shared resident, std::vector<Episode> episodes);
  void Account(const Shared& resident);
  void EvictBeyondBudget(Uuid keep);
  void GiveUp(Uuid brain);

  store::Episodes& episodes_;
  store::Vectors* vectors_;
  ComputePool& compute_;
  IndexOptions options_;
  Gauge& resident_gauge_;
  Gauge& bytes_gauge_;
  Histogram& load_seconds_;
  Counter& loads_from_rows_;
  Counter& loads_from_snapshots_;
  std::list<Uuid> recent_;  // most recent first
  std::unordered_map<Uuid, Shared> residents_;
  size_t bytes_ = 0;    // of all residents, as last measured
  InFlight in_flight_;  // loads
};

}  // namespace nexus::memory
