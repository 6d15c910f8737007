#include "jobs/embed_worker.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>

#include "base/log.h"
#include "embed/passages.h"

namespace nexus::jobs {

using store::StoredVector;
using store::Work;

namespace {

constexpr int kNice = 10;
constexpr std::chrono::milliseconds kFirstDelay = std::chrono::seconds(1);
constexpr std::chrono::milliseconds kMaxDelay = std::chrono::minutes(5);
constexpr size_t kMaxReasonBytes = 500;
constexpr int64_t kSuspectAttempts = 4;

// It may be what ended the processes that tried it before.
bool IsSuspect(const Work& work) { return work.attempts >= kSuspectAttempts; }

std::vector<embed::Passage> PassagesOf(const embed::Embedder& embedder,
                                       const store::EmbeddingInput& input) {
  std::vector<text::Turn> before;
  for (const store::ContextTurn& turn : input.before)
    before.push_back({turn.speaker, turn.content});
  return embed::Passages(embedder, input.episode.content, input.episode.speaker,
                         input.episode.occurred_at, before);
}

std::string Reason(const std::exception& error) {
  std::string reason = error.what();
  if (reason.size() > kMaxReasonBytes) {
    size_t end = kMaxReasonBytes;
    while (end > 0 && (static_cast<uint8_t>(reason[end]) & 0xC0) == 0x80) --end;
    reason.resize(end);
  }
  return reason.empty() ? "unknown" : reason;
}

}  // namespace

// Shared by the coroutines that work on it.
struct EmbedWorker::Batch {
  explicit Batch(const asio::any_io_executor& executor)
      : heartbeat(executor), over(executor, asio::steady_timer::time_point::max()) {}

  void Ended(std::exception_ptr error) {
    if (error && !failure) failure = error;
    if (--running == 0) over.cancel();
  }

  const Uuid lease = RandomUuid();
  std::vector<Work> work;
  size_t next = 0;               // of `work`
  size_t settlers = 0;           // coroutines that settle
  size_t running = 0;            // these and the one that keeps the lease
  asio::steady_timer heartbeat;  // cancelled when nobody settles any more
  asio::steady_timer over;       // cancelled when nobody runs any more
  std::exception_ptr failure;    // the first one
};

// What became of one episode: its vectors, a fault, or neither when it was interrupted.
struct EmbedWorker::Attempt {
  std::vector<StoredVector> vectors;
  std::string fault;
  bool hopeless = false;  // the same text will never succeed
};

std::chrono::milliseconds RetryDelay(int64_t attempts, double jitter) {
  std::chrono::milliseconds delay = kFirstDelay;
  for (int64_t i = 1; i < attempts && delay < kMaxDelay; ++i) delay *= 2;
  return std::chrono::round<std::chrono::milliseconds>(std::min(delay, kMaxDelay) * (0.5 + jitter));
}

EmbedWorker::EmbedWorker(asio::any_io_executor executor, store::EmbeddingQueue& queue,
                         const embed::Embedder& embedder, memory::Indexes& indexes,
                         const Clock& clock, Metrics& metrics, EmbedWorkerOptions options)
    : Service(executor, "embedding", options.poll),
      queue_(queue),
      embedder_(embedder),
      indexes_(indexes),
      clock_(clock),
      options_(options),
      bulk_(options.threads, kNice),
      jitter_(std::random_device{}()),
      embedded_(metrics.counter("nexus_embedded_total", "Episodes whose vectors were stored.")),
      retried_(metrics.counter("nexus_embedding_retries_total",
                               "Attempts that failed and will be made again.")),
      failed_(metrics.counter("nexus_embedding_failures_total",
                              "Episodes given up: `failed` in the queue, with the reason.")),
      seconds_(metrics.histogram("nexus_embedding_seconds",
                                 "Time to embed one passage, with and without its context.")) {}

Task<bool> EmbedWorker::RunOnce() {
  auto batch = std::make_shared<Batch>(executor());
  const Timestamp now = clock_.Now();
  batch->work = co_await queue_.Claim(batch->lease, now, now + options_.lease,
                                      one_at_a_time_ ? 1 : options_.batch);
  one_at_a_time_ = std::ranges::any_of(batch->work, IsSuspect);
  if (batch->work.empty()) co_return false;
  if (one_at_a_time_ && batch->work.size() > 1) {
    co_await queue_.Return(batch->lease, now);
    co_return true;
  }
  co_await WorkOffAll(batch);
  if (batch->failure) std::rethrow_exception(batch->failure);
  if (stopping()) co_await queue_.Return(batch->lease, clock_.Now());
  co_return true;
}

Task<> EmbedWorker::WorkOffAll(std::shared_ptr<Batch> batch) {
  batch->settlers = std::min(options_.threads, batch->work.size());
  batch->running = batch->settlers + 1;
  const auto ended = [batch](std::exception_ptr error) { batch->Ended(error); };
  const size_t settlers = batch->settlers;
  asio::co_spawn(executor(), KeepLease(batch), ended);
  for (size_t i = 0; i < settlers; ++i) asio::co_spawn(executor(), WorkOff(batch), ended);
  while (batch->running > 0) co_await batch->over.async_wait(asio::as_tuple(asio::use_awaitable));
}

bool EmbedWorker::Interrupted(const Batch& batch) const {
  return stopping() || batch.failure != nullptr;
}

Task<> EmbedWorker::WorkOff(std::shared_ptr<Batch> batch) {
  std::exception_ptr failure;
  try {
    while (batch->next < batch->work.size() && !Interrupted(*batch)) {
      co_await Settle(batch, batch->work[batch->next++]);
    }
  } catch (...) {
    failure = std::current_exception();
  }
  if (--batch->settlers == 0) batch->heartbeat.cancel();
  if (failure) std::rethrow_exception(failure);
}

Task<> EmbedWorker::KeepLease(std::shared_ptr<Batch> batch) {
  while (batch->settlers > 0) {
    batch->heartbeat.expires_after(std::chrono::milliseconds(options_.lease) / 3);
    co_await batch->heartbeat.async_wait(asio::as_tuple(asio::use_awaitable));
    if (batch->settlers == 0 || batch->failure) co_return;
    co_await queue_.ExtendLease(batch->lease, clock_.Now() + options_.lease);
  }
}

Task<> EmbedWorker::Settle(std::shared_ptr<Batch> batch, Work work) {
  std::optional<store::EmbeddingInput> input = co_await queue_.Read(work);
  if (!input) {
    co_await queue_.Drop(work, batch->lease);
    co_return;
  }
  Attempt attempt = co_await TryToEmbed(batch, work, std::move(*input));
  if (!attempt.vectors.empty()) attempt = co_await TryToStore(batch, work, std::move(attempt));
  if (!attempt.fault.empty()) co_await GiveBack(batch, work, std::move(attempt));
}

Task<EmbedWorker::Attempt> EmbedWorker::TryToEmbed(std::shared_ptr<Batch> batch, Work work,
                                                   store::EmbeddingInput input) {
  using Seconds = std::chrono::duration<double>;
  Attempt attempt;
  // A text that ends the process each time would otherwise be claimed for ever.
  if (work.attempts > options_.max_attempts) {
    co_return Attempt{
        {}, std::format("{} attempts ended without an answer", work.attempts - 1), true};
  }
  const int64_t version = input.episode.version;
  try {
    const std::vector<embed::Passage> passages =
        co_await bulk_.Run([this, input] { return PassagesOf(embedder_, input); });
    for (uint32_t number = 0; number < passages.size(); ++number) {
      if (Interrupted(*batch)) co_return Attempt{};
      const embed::Passage& passage = passages[number];
      const auto start = std::chrono::steady_clock::now();
      std::vector<float> values =
          co_await bulk_.Run([this, passage] { return embed::EmbedPassage(embedder_, passage); });
      seconds_.Observe(Seconds(std::chrono::steady_clock::now() - start).count());
      attempt.vectors.push_back({work.item, number, passage.begin, passage.end, version,
                                 work.generation, std::move(values)});
    }
  } catch (const Failure& failure) {
    const ErrorCode code = failure.error().code;
    co_return Attempt{
        {}, Reason(failure), code == ErrorCode::kInvalid || code == ErrorCode::kTooLarge};
  } catch (const std::exception& error) {
    co_return Attempt{{}, Reason(error), false};
  }
  co_return attempt;
}

// A statement that is refused concerns this episode alone: the others go on.
Task<EmbedWorker::Attempt> EmbedWorker::TryToStore(std::shared_ptr<Batch> batch, Work work,
                                                   Attempt attempt) {
  try {
    // False: the lease was lost, or the text has changed. Somebody else does it anew.
    if (!co_await queue_.Finish(work, batch->lease, attempt.vectors)) co_return Attempt{};
  } catch (const postgres::QueryError& error) {
    co_return Attempt{{}, Reason(error), false};
  }
  co_await indexes_.SetVectors(work.brain, std::move(attempt.vectors));
  embedded_.Add();
  co_return Attempt{};
}

Task<> EmbedWorker::GiveBack(std::shared_ptr<Batch> batch, Work work, Attempt attempt) {
  const bool give_up = attempt.hopeless || work.attempts >= options_.max_attempts;
  const double jitter = std::uniform_real_distribution<>(0, 1)(jitter_);
  const Timestamp ready_at = clock_.Now() + RetryDelay(work.attempts, jitter);
  if (!co_await queue_.Delay(work, batch->lease, ready_at, attempt.fault, give_up)) co_return;
  (give_up ? failed_ : retried_).Add();
  Log(give_up ? LogLevel::kWarning : LogLevel::kDebug, "an episode could not be embedded",
      {{"brain", work.brain.ToString()},
       {"episode", work.item.ToString()},
       {"attempt", work.attempts},
       {"error", attempt.fault}});
}

}  // namespace nexus::jobs
