#include "memory/remember.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <iterator>
#include <unordered_set>

#include "base/log.h"
#include "memory/check_episode.h"
#include "memory/refusal.h"
#include "store/episodes.h"
#include "store/outbox.h"

namespace nexus::memory {

using postgres::Transaction;
using store::Episodes;
using store::IdempotencyKeys;
using store::KeyOwner;

struct Remember::Write {
  std::vector<Episode> episodes;
  bool batch = false;
  std::optional<IdempotencyKey> key;
  size_t bytes = 0;
  Acknowledged stored;                         // complete once its transaction is committed
  std::optional<Result<Acknowledged>> answer;  // what the caller waits for
  asio::steady_timer answered;                 // cancelled when the answer is there
};

struct Remember::Lane {
  std::deque<std::shared_ptr<Write>> waiting;

  // What goes into one transaction: from the front, at least one, no key twice.
  Writes TakeGathered();
};

Remember::Writes Remember::Lane::TakeGathered() {
  Writes taken;
  std::unordered_set<std::string_view> keys;
  size_t episodes = 0, bytes = 0;
  while (!waiting.empty()) {
    const Write& next = *waiting.front();
    episodes += next.episodes.size();
    bytes += next.bytes;
    const bool fits = episodes <= kMaxGatheredEpisodes && bytes <= kMaxGatheredBytes;
    if (!taken.empty() && !fits) break;
    if (next.key && !keys.insert(next.key->key).second) break;
    taken.push_back(std::move(waiting.front()));
    waiting.pop_front();
  }
  return taken;
}

Remember::Remember(postgres::Pool& api, Spaces& spaces, const Clock& clock, Metrics& metrics,
                   std::string epoch, std::function<void()> on_committed)
    : api_(api),
      spaces_(spaces),
      clock_(clock),
      ids_(clock),
      epoch_(std::move(epoch)),
      on_committed_(std::move(on_committed)),
      stored_(metrics.counter("nexus_episodes_stored_total", "Episodes committed by this node.")),
      commit_seconds_(
          metrics.histogram("nexus_commit_seconds", "From BEGIN to COMMIT of gathered writes.")) {}

Remember::~Remember() = default;

Task<Result<Acknowledged>> Remember::Store(Uuid brain, std::vector<Episode> episodes, bool batch,
                                           std::optional<IdempotencyKey> key) {
  auto executor = co_await asio::this_coro::executor;
  auto write = std::make_shared<Write>(
      std::move(episodes), batch, std::move(key), 0, Acknowledged{}, std::nullopt,
      asio::steady_timer(executor, asio::steady_timer::time_point::max()));
  if (auto error = Check(*write)) co_return std::unexpected(std::move(*error));
  Enqueue(brain, write, executor);
  while (!write->answer) {
    co_await write->answered.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return std::move(*write->answer);
}

std::optional<Error> Remember::Check(const Write& write) const {
  if (write.episodes.empty()) {
    return Error{ErrorCode::kInvalid, "must not be empty", "/episodes", "send at least one"};
  }
  if (write.episodes.size() > kMaxBatch) {
    return Error{ErrorCode::kTooLarge,
                 std::format("{} episodes exceed the limit max_batch = {}", write.episodes.size(),
                             kMaxBatch),
                 "/episodes", "send them in several requests"};
  }
  if (write.key && (write.key->key.empty() || write.key->key.size() > kMaxIdempotencyKeyBytes)) {
    return Error{ErrorCode::kInvalid,
                 std::format("Idempotency-Key must have 1 to {} bytes", kMaxIdempotencyKeyBytes),
                 "", ""};
  }
  const Timestamp now = clock_.Now();
  for (size_t i = 0; i < write.episodes.size(); ++i) {
    const std::string pointer = write.batch ? std::format("/episodes/{}", i) : "";
    if (auto error = CheckEpisode(write.episodes[i], pointer, now)) return error;
  }
  if (waiting_ >= kMaxWaitingWrites) {
    return Error{ErrorCode::kUnavailable,
                 std::format("{} writes wait already, the limit is max_waiting_writes = {}",
                             waiting_, kMaxWaitingWrites),
                 "", "try again"};
  }
  return std::nullopt;
}

// Here the order of arrival becomes the order of ids: the queue of a lane is never reordered.
void Remember::Enqueue(Uuid brain, std::shared_ptr<Write> write, asio::any_io_executor executor) {
  const Timestamp now = clock_.Now();
  for (Episode& episode : write->episodes) {
    episode.id = ids_.Next();
    episode.created_at = now;
    episode.version = 1;
    write->bytes += episode.content.size() + episode.metadata.size();
    write->stored.items.push_back({episode.id, episode.version, now});
  }
  ++waiting_;
  std::unique_ptr<Lane>& lane = lanes_[brain];
  const bool idle = lane == nullptr;
  if (idle) lane = std::make_unique<Lane>();
  lane->waiting.push_back(std::move(write));
  if (idle) in_flight_.Start(executor, RunLane(brain));
}

Task<> Remember::RunLane(Uuid brain) {
  Lane& lane = *lanes_.at(brain);
  while (!lane.waiting.empty()) {
    const Writes writes = lane.TakeGathered();
    Error failure;
    try {
      co_await Commit(brain, writes);
    } catch (const std::exception& error) {
      failure.message = error.what();
      LogError("a write failed", {{"brain", brain.ToString()}, {"error", failure.message}});
    }
    for (const auto& write : writes) Answer(*write, std::unexpected(failure));
  }
  lanes_.erase(brain);
}

Task<> Remember::Commit(Uuid brain, Writes writes) {
  std::optional<Error> refusal = co_await TryCommit(brain, writes);
  if (!refusal) co_return;
  if (writes.size() == 1) {
    Answer(*writes.front(), std::unexpected(std::move(*refusal)));
    co_return;
  }
  for (const auto& write : writes) co_await Commit(brain, {write});
}

// Answers all of them, unless a statement was refused: then nothing was stored, and it says why.
Task<std::optional<Error>> Remember::TryCommit(Uuid brain, Writes writes) {
  const auto begin = std::chrono::steady_clock::now();
  std::optional<Error> failure;
  Writes fresh;
  try {
    Transaction transaction = co_await api_.BeginAs(brain);
    fresh = co_await ClaimKeys(transaction, brain, writes);
    if (fresh.empty()) {
      co_await transaction.Rollback();
    } else {
      co_await Insert(transaction, brain, fresh);
#ifdef NEXUS_MUTANT_ACK_BEFORE_COMMIT
      AnswerStored(fresh);
      asio::steady_timer late(co_await asio::this_coro::executor, std::chrono::milliseconds(20));
      co_await late.async_wait(asio::use_awaitable);
#endif
      co_await transaction.Commit();
    }
  } catch (const postgres::QueryError& refusal) {
    co_return ToError(refusal, writes.front()->batch);
  } catch (const postgres::ConnectionLost& loss) {
    failure = ToError(loss);
  } catch (const Failure& other) {
    failure = other.error();
  }
  if (failure) {
    for (const auto& write : writes) Answer(*write, std::unexpected(*failure));
    co_return std::nullopt;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  commit_seconds_.Observe(took.count());
  if (!fresh.empty()) co_await Publish(brain, fresh);
  if (fresh.size() < writes.size()) co_await Replay(brain, std::move(writes));
  co_return std::nullopt;
}

// The writes that have no key, or one that was not seen before.
Task<Remember::Writes> Remember::ClaimKeys(Transaction& transaction, Uuid brain,
                                           const Writes& writes) {
  std::vector<std::string> keys, digests;
  for (const auto& write : writes) {
    if (!write->key) continue;
    keys.push_back(write->key->key);
    digests.push_back(write->key->request_sha256);
  }
  if (keys.empty()) co_return writes;
  const std::vector<std::string> claimed =
      co_await IdempotencyKeys::Claim(transaction, {KeyOwner::Kind::kBrain, brain}, std::move(keys),
                                      std::move(digests), clock_.Now());
  const std::unordered_set<std::string_view> is_new(claimed.begin(), claimed.end());
  Writes fresh;
  for (const auto& write : writes) {
    if (!write->key || is_new.contains(write->key->key)) fresh.push_back(write);
  }
  co_return fresh;
}

Task<> Remember::Insert(Transaction& transaction, Uuid brain, Writes writes) {
  std::vector<Episode> episodes;
  for (const auto& write : writes) {
    episodes.insert(episodes.end(), write->episodes.begin(), write->episodes.end());
  }
  co_await Episodes::Insert(transaction, brain, episodes);
  const store::OutboxPlace place = co_await Episodes::CurrentPlace(transaction);
  std::vector<std::string> keys, responses;
  for (const auto& write : writes) {
    write->stored.position = store::Position{epoch_, place.xid, place.seq}.ToString();
    if (!write->key) continue;
    keys.push_back(write->key->key);
    responses.push_back(ToRecord(write->stored));
  }
  if (keys.empty()) co_return;
  co_await IdempotencyKeys::Keep(transaction, {KeyOwner::Kind::kBrain, brain}, std::move(keys),
                                 std::move(responses));
}

// What is committed stands, whatever happens to the index: then it is loaded anew.
Task<> Remember::Publish(Uuid brain, Writes writes) {
  std::vector<Episode> episodes;
  for (const auto& write : writes) {
    std::ranges::move(write->episodes, std::back_inserter(episodes));
    write->episodes.clear();
  }
  stored_.Add(static_cast<double>(episodes.size()));
  try {
    co_await spaces_.Put(brain, std::move(episodes));
  } catch (const std::exception& error) {
    LogWarning("the resident index is given up", {{"error", error.what()}});
    spaces_.Drop(brain);
  }
  if (on_committed_) on_committed_();
  AnswerStored(writes);
}

// Those whose key was claimed before: the same answer for the same request.
Task<> Remember::Replay(Uuid brain, Writes writes) {
  for (const auto& write : writes) {
    if (write->answer) continue;
    Result<Acknowledged> answer;
    try {
      Transaction transaction = co_await api_.BeginAs(brain);
      const auto record = co_await IdempotencyKeys::Find(
          transaction, {KeyOwner::Kind::kBrain, brain}, write->key->key);
      co_await transaction.Commit();
      answer = JudgeEarlier(record, *write->key).transform(FromRecord);
    } catch (const Failure& failure) {
      answer = std::unexpected(failure.error());
    }
    Answer(*write, std::move(answer));
  }
}

void Remember::AnswerStored(const Writes& writes) {
  for (const auto& write : writes) Answer(*write, write->stored);
}

void Remember::Answer(Write& write, Result<Acknowledged> answer) {
  if (write.answer) return;
  write.answer = std::move(answer);
  write.answered.cancel();
  --waiting_;
}

}  // namespace nexus::memory
