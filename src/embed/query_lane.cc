#include "embed/query_lane.h"

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <list>
#include <unordered_map>

#include "base/error.h"
#include "embed/passages.h"
#include "text/normalize.h"

namespace nexus::embed {

// Least recently used goes first.
class QueryLane::Cache {
 public:
  const std::vector<float>* Find(const std::string& key) {
    auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, found->second);
    return &found->second->vector;
  }

  void Remember(const std::string& key, std::vector<float> vector) {
    if (Find(key) != nullptr) return;
    recent_.push_front({key, std::move(vector)});
    by_key_[key] = recent_.begin();
    if (recent_.size() <= kMaxCached) return;
    by_key_.erase(recent_.back().key);
    recent_.pop_back();
  }

 private:
  struct Entry {
    std::string key;
    std::vector<float> vector;
  };
  std::list<Entry> recent_;  // most recent first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
};

struct QueryLane::Shared {
  Shared(const Embedder& embedder_in, Metrics& metrics)
      : embedder(embedder_in),
        seconds(metrics.histogram("nexus_query_embedding_seconds",
                                  "Time until a question had its vector, cache hits left out.")),
        hits(metrics.counter("nexus_query_cache_hits_total",
                             "Questions whose vector was in the cache.")),
        pool(std::in_place, embedder_in.info().calls_at_once, 0) {}

  const Embedder& embedder;
  Histogram& seconds;
  Counter& hits;
  Cache cache;
  size_t queued = 0;
  std::optional<ComputePool> pool;
};

// One run of the model, and who waits for it.
struct QueryLane::Flight {
  Flight(std::string key_in, asio::any_io_executor executor, std::chrono::milliseconds timeout)
      : key(std::move(key_in)), landed(executor, timeout) {}

  std::string key;
  asio::steady_timer landed;  // cancelled when it has, expires when nobody waits any longer
  bool done = false;
  std::vector<float> vector;
  std::exception_ptr failure;
  std::shared_ptr<std::atomic<bool>> abandoned = std::make_shared<std::atomic<bool>>(false);
};

QueryLane::QueryLane(const Embedder& embedder, Metrics& metrics)
    : shared_(std::make_shared<Shared>(embedder, metrics)) {}

QueryLane::~QueryLane() { shared_->pool.reset(); }

Task<> QueryLane::Fly(std::shared_ptr<Shared> shared, std::shared_ptr<Flight> flight,
                      std::string question) {
  try {
    flight->vector = co_await shared->pool->Run(
        [&embedder = shared->embedder, abandoned = flight->abandoned, question] {
          return abandoned->load() ? std::vector<float>() : EmbedQuestion(embedder, question);
        });
  } catch (...) {
    flight->failure = std::current_exception();
  }
  --shared->queued;
  if (!flight->vector.empty()) shared->cache.Remember(flight->key, flight->vector);
  flight->done = true;
  flight->landed.cancel();
}

Task<std::vector<float>> QueryLane::Embed(std::string question, std::chrono::milliseconds timeout) {
  const std::shared_ptr<Shared> shared = shared_;
  std::string key = text::QueryKey(question);
  if (const std::vector<float>* known = shared->cache.Find(key)) {
    shared->hits.Add();
    co_return *known;
  }
  if (Availability now = shared->embedder.availability(); now.refuses) {
    throw Failure(ErrorCode::kUnavailable, std::move(now.trouble));
  }
  if (shared->queued >= kMaxQueued) {
    throw Failure(ErrorCode::kUnavailable,
                  std::format("{} questions wait for the model already", shared->queued),
                  "try again");
  }
  ++shared->queued;
  const auto start = std::chrono::steady_clock::now();
  const auto executor = co_await asio::this_coro::executor;
  auto flight = std::make_shared<Flight>(std::move(key), executor, timeout);
  asio::co_spawn(executor, Fly(shared, flight, std::move(question)), asio::detached);
  if (!flight->done) co_await flight->landed.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!flight->done) {
    flight->abandoned->store(true);
    throw Failure(ErrorCode::kTimeout,
                  std::format("the model did not answer within {} ms", timeout.count()));
  }
  if (flight->failure) std::rethrow_exception(flight->failure);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  shared->seconds.Observe(took.count());
  co_return flight->vector;
}

}  // namespace nexus::embed
