// Writing episodes. What is acknowledged was committed with synchronous_commit=on.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "base/task.h"
#include "base/time.h"
#include "base/uuid.h"
#include "domain/episode.h"
#include "memory/acknowledged.h"
#include "memory/in_flight.h"
#include "memory/once.h"
#include "memory/spaces.h"
#include "postgres/pool.h"

namespace nexus::memory {

// Writes that arrive while the brain's previous transaction is in flight are gathered into one
// statement (no timer). If that statement is refused, each write of it is tried alone, so that one
// bad row fails its own request only. Loop thread only.
class Remember {
 public:
  static constexpr size_t kMaxGatheredEpisodes = 1'000;
  static constexpr size_t kMaxGatheredBytes = 8 << 20;
  static constexpr size_t kMaxWaitingWrites = 4'096;  // of all brains; more are refused with 503

  // `epoch` is the outbox's (store::Position). `on_committed` runs after each commit: it wakes the
  // embedding queue. All references are borrowed.
  Remember(postgres::Pool& api, Spaces& spaces, const Clock& clock, Metrics& metrics,
           std::string epoch, std::function<void()> on_committed);
  ~Remember();

  // Stores all or none. Ids and created_at are given here, in arrival order; what `episodes` hold
  // there is ignored, and an occurred_at of Timestamp{} (1970) counts as given by the caller.
  // kInvalid / kTooLarge: a rule of domain/episode.h, with `/episodes/3/…` pointers when `batch`.
  // kKeyReused: the key came before with another request. kStillRunning: that request has no answer
  // yet. kUnavailable: PostgreSQL is away, or too many writes wait; when the connection died in
  // COMMIT the message says that the outcome is unknown and that a retry with an Idempotency-Key is
  // safe. kNotFound: the brain does not exist. On return the episodes are in the resident index.
  Task<Result<Acknowledged>> Store(Uuid brain, std::vector<Episode> episodes, bool batch,
                                   std::optional<IdempotencyKey> key);

  // Waits for every transaction in flight: before the references of the constructor go.
  Task<> Drain() { return in_flight_.Finish(); }

 private:
  struct Write;
  struct Lane;
  // Shared by the caller, who waits for its answer, and the lane: either may end first.
  using Writes = std::vector<std::shared_ptr<Write>>;

  std::optional<Error> Check(const Write& write) const;
  void Enqueue(Uuid brain, std::shared_ptr<Write> write, asio::any_io_executor executor);
  Task<> RunLane(Uuid brain);
  Task<> Commit(Uuid brain, Writes writes);
  Task<std::optional<Error>> TryCommit(Uuid brain, Writes writes);
  Task<Writes> ClaimKeys(postgres::Transaction& transaction, Uuid brain, const Writes& writes);
  Task<> Insert(postgres::Transaction& transaction, Uuid brain, Writes writes);
  Task<> Publish(Uuid brain, Writes writes);
  Task<> Replay(Uuid brain, Writes writes);
  void Answer(Write& write, Result<Acknowledged> answer);
  void AnswerStored(const Writes& writes);

  postgres::Pool& api_;
  Spaces& spaces_;
  const Clock& clock_;
  UuidGenerator ids_;
  std::string epoch_;
  std::function<void()> on_committed_;
  Counter& stored_;
  Histogram& commit_seconds_;
  size_t waiting_ = 0;                                     // writes without an answer
  std::unordered_map<Uuid, std::unique_ptr<Lane>> lanes_;  // brains with writes in flight
  InFlight in_flight_;                                     // the lanes' coroutines
};

}  // namespace nexus::memory
