// Empties the embedding queue: claims by lease, embeds in the bulk lane, stores, tells the index.
#pragma once

#include <functional>
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
  std::chrono::seconds lease{60};       // extended between the passages of a long text
  int64_t max_attempts = 8;             // then the row is `failed`, with the reason
  bool takes_suspects = true;           // what was tried often; one worker of a process does
  std::function<void()> on_work;        // called when there was something to claim; may be empty
};

// When to try again after the n-th failed attempt (n >= 1): 1 s doubled each time up to 5 minutes,
// times 0.5 to 1.5 by `jitter` in [0, 1). Pure.
std::chrono::milliseconds RetryDelay(int64_t attempts, double jitter);

// One niced thread and what it embeds: a run is one episode, so that behind a long text nobody
// waits whom another worker could serve. What the model refuses is tried again later, or `failed`
// at once if it can never succeed. A text that ends the process must not use up the attempts of
// those beside it: after the first few without an answer it is worked on by one worker only. When
// a part is away (kUnavailable) the run ends by exception; that is no fault of the text, and before
// the next run it is handed back. On Stop() the passage that is being embedded ends, and the
// episode is handed back.
class EmbedWorker final : public Service {
 public:
  EmbedWorker(asio::any_io_executor executor, store::EmbeddingQueue& queue,
              const embed::Embedder& embedder, memory::Indexes& indexes, const Clock& clock,
              Metrics& metrics, EmbedWorkerOptions options);

 protected:
  Task<bool> RunOnce() override;

 private:
  struct Claimed {
    store::Work work;
    Uuid lease;
    Timestamp at;
  };
  struct Fault;
  // Throws what the model or PostgreSQL throws.
  Task<> WorkOff(Claimed claimed);
  // nullopt: stopped before the end.
  Task<std::optional<std::vector<store::StoredVector>>> Embed(Claimed claimed,
                                                              store::EmbeddingInput input);
  Task<> GiveBack(Claimed claimed, Fault fault);

  store::EmbeddingQueue& queue_;
  const embed::Embedder& embedder_;
  memory::Indexes& indexes_;
  const Clock& clock_;
  EmbedWorkerOptions options_;
  ComputePool bulk_;
  std::minstd_rand jitter_;
  std::optional<Claimed> kept_;  // of the run before, when a part was away
  Counter& embedded_;
  Counter& retried_;
  Counter& failed_;
  Histogram& seconds_;
};

}  // namespace nexus::jobs
