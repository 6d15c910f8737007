// Empties the embedding queue: claims by lease, embeds in the bulk lane, stores, tells the index.
#pragma once

#include <random>
#include <string>

#include "base/metrics.h"
#include "base/service.h"
#include "embed/embedder.h"
#include "memory/indexes.h"
#include "store/embeddings.h"

namespace nexus::jobs {

struct EmbedWorkerOptions {
  std::chrono::milliseconds poll{200};  // when nobody wakes it: rows that came by plain SQL
  std::chrono::seconds lease{60};       // extended while the work goes on
  int64_t batch = 16;
  int64_t max_attempts = 8;  // then the row is `failed`, with the reason
  size_t threads = 1;        // niced; one passage at a time each
};

// When to try again after the n-th failed attempt (n >= 1): 1 s doubled each time up to 5 minutes,
// times 0.5 to 1.5 by `jitter` in [0, 1). Pure.
std::chrono::milliseconds RetryDelay(int64_t attempts, double jitter);

// A run is one batch. Up to `threads` episodes of it are worked on at once. What the model refuses
// is tried again later, or `failed` at once if it can never succeed. What was tried often is worked
// on alone, so that a text that ends the process uses up no attempts of others. When PostgreSQL is
// lost the run ends by exception and the leases expire by themselves. On Stop() the passages that
// are being embedded end, and the rest of the batch is handed back.
class EmbedWorker final : public Service {
 public:
  EmbedWorker(asio::any_io_executor executor, store::EmbeddingQueue& queue,
              const embed::Embedder& embedder, memory::Indexes& indexes, const Clock& clock,
              Metrics& metrics, EmbedWorkerOptions options);

 protected:
  Task<bool> RunOnce() override;

 private:
  struct Batch;
  struct Attempt;
  Task<> WorkOffAll(std::shared_ptr<Batch> batch);
  bool Interrupted(const Batch& batch) const;
  Task<> WorkOff(std::shared_ptr<Batch> batch);
  Task<> KeepLease(std::shared_ptr<Batch> batch);
  Task<> Settle(std::shared_ptr<Batch> batch, store::Work work);
  Task<Attempt> TryToEmbed(std::shared_ptr<Batch> batch, store::Work work,
                           store::EmbeddingInput input);
  Task<Attempt> TryToStore(std::shared_ptr<Batch> batch, store::Work work, Attempt attempt);
  Task<> GiveBack(std::shared_ptr<Batch> batch, store::Work work, Attempt attempt);

  store::EmbeddingQueue& queue_;
  const embed::Embedder& embedder_;
  memory::Indexes& indexes_;
  const Clock& clock_;
  EmbedWorkerOptions options_;
  ComputePool bulk_;
  std::minstd_rand jitter_;
  bool one_at_a_time_ = false;
  Counter& embedded_;
  Counter& retried_;
  Counter& failed_;
  Histogram& seconds_;
};

}  // namespace nexus::jobs
