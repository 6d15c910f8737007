// What the tables need from time to time. Pool of nexus_keeper.
// Loop thread only; every function may throw what postgres/ throws.
#pragma once

#include "base/task.h"
#include "base/time.h"
#include "postgres/pool.h"

namespace nexus::store {

class Upkeep {
 public:
  explicit Upkeep(postgres::Pool& keeper) : keeper_(keeper) {}

  // The outbox's partition of the month that holds `day` exists afterwards.
  Task<> EnsureOutboxPartition(std::chrono::year_month_day day);
  // Idempotency keys that were made before go.
  Task<> PruneIdempotencyKeys(Timestamp before);

 private:
  postgres::Pool& keeper_;
};

}  // namespace nexus::store
