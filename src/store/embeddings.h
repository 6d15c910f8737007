// The vectors of an embedding space, and the queue that fills it.
// Loop thread only; every function may throw what postgres/ throws.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/task.h"
#include "base/time.h"
#include "base/uuid.h"
#include "postgres/pool.h"
#include "store/episodes.h"
#include "store/space_statement.h"

namespace nexus::store {

// One stored vector: bytes [begin, end) of the episode's content.
struct StoredVector {
  Uuid item;
  uint32_t chunk_no = 0;
  uint32_t begin = 0;
  uint32_t end = 0;
  int64_t version = 0;     // of the episode
  int64_t generation = 0;  // of the work that made it
  std::vector<float> values;
};

// A claimed row of the queue.
struct Work {
  Uuid brain;
  Uuid item;
  int64_t generation = 0;
  int64_t attempts = 0;  // this one included
};

struct Queued {
  int64_t pending = 0;  // wait for their vector
  int64_t failed = 0;   // given up, with the reason in the queue
};

// An episode with what stands before it in its session, nearest first.
struct EmbeddingInput {
  Episode episode;
  std::vector<ContextTurn> before;
};

// The vectors of one space as requests read them; pool of nexus_api.
class Vectors {
 public:
  Vectors(postgres::Pool& api, int64_t space);
  // In order of (item, chunk); `after` is the last one of the page before.
  Task<std::vector<StoredVector>> Scan(Uuid brain, std::optional<std::pair<Uuid, uint32_t>> after,
                                       int64_t limit);
  Task<std::vector<StoredVector>> Get(Uuid brain, std::vector<Uuid> items);
  // Of the items.
  Task<Queued> CountQueued(Uuid brain, std::vector<Uuid> items);
  int64_t space() const { return space_; }

 private:
  postgres::Pool& api_;
  int64_t space_;
  SpaceStatement scan_;
  SpaceStatement get_;
};

// The worker's side; pool of nexus_embedder. Every change names its lease token: false means that
// the lease was lost and the work must be dropped.
class EmbeddingQueue {
 public:
  EmbeddingQueue(postgres::Pool& embedder, int64_t space);

  // With `tried_less_than` only what was tried less often before, or has told why it failed.
  Task<std::vector<Work>> Claim(Uuid lease_token, Timestamp now, Timestamp lease_until,
                                int64_t limit,
                                std::optional<int64_t> tried_less_than = std::nullopt);
  Task<bool> ExtendLease(Work work, Uuid lease_token, Timestamp lease_until);
  // nullopt: the episode is gone.
  Task<std::optional<EmbeddingInput>> Read(Work work);
  // Vectors in, queue row out, event out: one transaction.
  Task<bool> Finish(Work work, Uuid lease_token, std::vector<StoredVector> vectors);
  // Without vectors: the episode is gone.
  Task<bool> Drop(Work work, Uuid lease_token);
  Task<bool> Delay(Work work, Uuid lease_token, Timestamp ready_at, std::string reason,
                   bool give_up);
  // It is ready for others at once, and that was no attempt.
  Task<bool> Return(Work work, Uuid lease_token, Timestamp now);

 private:
  Task<bool> Change(postgres::Statement statement, Work work, Uuid lease_token, Timestamp ready_at);
  Task<bool> Settle(postgres::Transaction& transaction, const Work& work, Uuid lease_token);

  postgres::Pool& embedder_;
  int64_t space_;
  SpaceStatement delete_;
  SpaceStatement insert_;
};

}  // namespace nexus::store
