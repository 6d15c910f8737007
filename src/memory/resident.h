// One brain's index among those that are resident, and what is in flight on it.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <list>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "memory/indexes.h"

namespace nexus::memory {

// Loop thread only.
struct Indexes::Resident {
  static constexpr size_t kMaxOwn = 100'000;

  Resident(Uuid id, size_t dimension, asio::any_io_executor executor)
      : brain(id),
        index(std::make_shared<recall::BrainIndex>(dimension)),
        loaded(executor, asio::steady_timer::time_point::max()),
        restored(executor, asio::steady_timer::time_point::max()) {}

  // A snapshot takes the place of all that the index holds: nothing must be put in before.
  Task<> WaitRestored();

  // What this node wrote itself, until the outbox tells of it: it need not be read again. When
  // there is too much of it, it is forgotten, and read again.
  void RememberOwn(const std::vector<Episode>& episodes);
  void RememberOwn(Uuid item, int64_t generation);
  bool HasOwn(Uuid id) const { return own_episodes.contains(id); }
  bool HasOwn(Uuid item, int64_t generation) const;
  void ForgetOwn(const store::OutboxEvent& event);

  // At once, and again when the last work in flight has ended: that may put in a row which it read
  // before the removal.
  void Remove(Uuid id);

  Uuid brain;
  std::shared_ptr<recall::BrainIndex> index;  // shared with searches and with jobs of the pool
  bool loading = true;
  std::exception_ptr failure;        // of the load
  asio::steady_timer loaded;         // cancelled when the load has ended
  bool restoring = false;            // from a snapshot; a part of the load
  asio::steady_timer restored;       // cancelled when that has ended
  SnapshotDue due;                   // the next snapshot
  std::list<Uuid>::iterator place;   // in recent_
  size_t bytes = 0;                  // as last measured
  size_t work = 0;                   // in flight
  std::unordered_set<Uuid> removed;  // while there is work in flight
  std::unordered_set<Uuid> own_episodes;
  std::unordered_map<Uuid, int64_t> own_generations;
};

// Rows that were read, or are being read, and are not yet in the index.
class Indexes::Work {
 public:
  explicit Work(Shared resident) : resident_(std::move(resident)) { ++resident_->work; }
  ~Work();
  Work(const Work&) = delete;

 private:
  Shared resident_;
};

}  // namespace nexus::memory
