#include "jobs/embed_worker.h"

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
constexpr size_t kTextsPerPassage = 2;   // plain and with its context
constexpr int64_t kSuspectAttempts = 4;  // without an answer: the process may have ended by it

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

// Why an episode has no vectors this time.
struct EmbedWorker::Fault {
  std::string reason;
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
      bulk_(1, kNice),
      jitter_(std::random_device{}()),
      embedded_(metrics.counter("nexus_embedded_total", "Episodes whose vectors were stored.")),
      retried_(metrics.counter("nexus_embedding_retries_total",
                               "Attempts that failed and will be made again.")),
      failed_(metrics.counter("nexus_embedding_failures_total",
                              "Episodes given up: `failed` in the queue, with the reason.")),
      seconds_(metrics.histogram("nexus_embedding_seconds",
                                 "Time to embed one passage, with and without its context.")) {}

Task<bool> EmbedWorker::RunOnce() {
  if (kept_) {
    co_await queue_.Return(kept_->work, kept_->lease, clock_.Now());
    kept_.reset();
  }
  const Uuid lease = RandomUuid();
  const Timestamp now = clock_.Now();
  std::optional<int64_t> tried_less_than;
  if (!options_.takes_suspects) tried_less_than = kSuspectAttempts;
  const std::vector<Work> work =
      co_await queue_.Claim(lease, now, now + options_.lease, 1, tried_less_than);
  if (work.empty()) co_return false;
  if (options_.on_work) options_.on_work();
  const Claimed claimed{work.front(), lease, now};
  std::optional<Fault> fault;
  try {
    co_await WorkOff(claimed);
  } catch (const Failure& failure) {
    const ErrorCode code = failure.error().code;
    if (code == ErrorCode::kUnavailable) {
      kept_ = claimed;
      throw;
    }
    fault = Fault{Reason(failure), code == ErrorCode::kInvalid || code == ErrorCode::kTooLarge};
  } catch (const std::exception& error) {
    fault = Fault{Reason(error)};
  }
  if (fault) co_await GiveBack(claimed, std::move(*fault));
  co_return true;
}

Task<> EmbedWorker::WorkOff(Claimed claimed) {
  const auto& [work, lease, at] = claimed;
  // A text that ends the process each time would otherwise be claimed for ever.
  if (work.attempts > options_.max_attempts) {
    throw Failure(ErrorCode::kInvalid,
                  std::format("{} attempts ended without an answer", work.attempts - 1));
  }
  const std::optional<store::EmbeddingInput> input = co_await queue_.Read(work);
  if (!input) {
    co_await queue_.Drop(work, lease);
    co_return;
  }
  std::optional<std::vector<StoredVector>> vectors = co_await Embed(claimed, *input);
  if (!vectors) {
    co_await queue_.Return(work, lease, clock_.Now());
    co_return;
  }
  // False: the lease was lost, or the text has changed. Somebody else does it anew.
  if (!co_await queue_.Finish(work, lease, *vectors)) co_return;
  co_await indexes_.SetVectors(work.brain, std::move(*vectors));
  embedded_.Add();
}

Task<std::optional<std::vector<StoredVector>>> EmbedWorker::Embed(Claimed claimed,
                                                                  store::EmbeddingInput input) {
  using Seconds = std::chrono::duration<double>;
  const auto& [work, lease, at] = claimed;
  const std::vector<embed::Passage> passages =
      co_await bulk_.Run([this, input] { return PassagesOf(embedder_, input); });
  const size_t at_once = std::max<size_t>(1, embedder_.info().texts_per_call / kTextsPerPassage);
  std::vector<StoredVector> vectors;
  Timestamp leased_at = at;
  while (vectors.size() < passages.size()) {
    if (stopping()) co_return std::nullopt;
    if (const Timestamp now = clock_.Now(); now - leased_at > options_.lease / 3) {
      if (!co_await queue_.ExtendLease(work, lease, now + options_.lease)) co_return std::nullopt;
      leased_at = now;
    }
    const auto rest = std::span(passages).subspan(vectors.size());
    const auto first = rest.first(std::min(at_once, rest.size()));
    const std::vector<embed::Passage> next(first.begin(), first.end());
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::vector<float>> rows =
        co_await bulk_.Run([this, next] { return embed::EmbedPassages(embedder_, next); });
    const Seconds taken = std::chrono::steady_clock::now() - start;
    for (size_t i = 0; i < next.size(); ++i) {
      seconds_.Observe(taken.count() / static_cast<double>(next.size()));
      vectors.push_back({work.item, static_cast<uint32_t>(vectors.size()), next[i].begin,
                         next[i].end, input.episode.version, work.generation, std::move(rows[i])});
    }
  }
  co_return vectors;
}

Task<> EmbedWorker::GiveBack(Claimed claimed, Fault fault) {
  const auto& [work, lease, at] = claimed;
  const bool give_up = fault.hopeless || work.attempts >= options_.max_attempts;
  const double jitter = std::uniform_real_distribution<>(0, 1)(jitter_);
  const Timestamp ready_at = clock_.Now() + RetryDelay(work.attempts, jitter);
  if (!co_await queue_.Delay(work, lease, ready_at, fault.reason, give_up)) co_return;
  (give_up ? failed_ : retried_).Add();
  Log(give_up ? LogLevel::kWarning : LogLevel::kDebug, "an episode could not be embedded",
      {{"brain", work.brain.ToString()},
       {"episode", work.item.ToString()},
       {"attempt", work.attempts},
       {"error", fault.reason}});
}

}  // namespace nexus::jobs
