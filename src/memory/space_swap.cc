#include "memory/space_swap.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <unordered_set>

#include "base/log.h"
#include "embed/model.h"

namespace nexus::memory {

namespace {

constexpr std::chrono::milliseconds kAskAgain{100};
constexpr size_t kQuestionBytes = 160;  // a sentence or two

std::unexpected<Error> NoSuchSpace(int64_t id) {
  return std::unexpected(Error{ErrorCode::kNotFound,
                               std::format("There is no living embedding space {}.", id), "",
                               "`nexus space list` shows them"});
}

// The beginning of a text, up to the end of a word and of a code point.
std::string QuestionOf(std::string_view content) {
  if (content.size() <= kQuestionBytes) return std::string(content);
  size_t end = content.rfind(' ', kQuestionBytes);
  if (end == content.npos || end == 0) {
    end = kQuestionBytes;
    while (end > 0 && (static_cast<uint8_t>(content[end]) & 0xC0) == 0x80) --end;
  }
  return std::string(content.substr(0, end));
}

std::unique_ptr<const embed::Embedder> LoadFrom(const std::string& directory) {
  return embed::LoadModel(directory);
}

}  // namespace

double Overlap(const std::vector<Recollection>& expected, const std::vector<Recollection>& found) {
  if (expected.empty()) return 1;
  std::unordered_set<Uuid> ids;
  for (const Recollection& one : found) ids.insert(one.episode.id);
  const auto common = std::ranges::count_if(
      expected, [&ids](const Recollection& one) { return ids.contains(one.episode.id); });
  return static_cast<double>(common) / static_cast<double>(expected.size());
}

Task<std::vector<SpaceReport>> SpaceSwap::List() {
  std::vector<SpaceReport> reports;
  for (store::Space& space : co_await parts_.directory.List()) {
    reports.push_back(co_await Report(std::move(space)));
  }
  co_return reports;
}

Task<SpaceReport> SpaceSwap::Report(store::Space space) {
  SpaceReport report{std::move(space), {}, {}};
  if (report.space.is_living()) {
    report.counts = co_await parts_.directory.Count(report.space.id, std::nullopt);
    report.trouble = parts_.spaces.TroubleOf(report.space.id);
  }
  co_return report;
}

Task<Result<SpaceReport>> SpaceSwap::Get(int64_t id) {
  for (store::Space& space : co_await parts_.directory.List()) {
    if (space.id == id) co_return co_await Report(std::move(space));
  }
  co_return NoSuchSpace(id);
}

Task<Result<store::Space>> SpaceSwap::FindLiving(int64_t id) {
  for (store::Space& space : co_await parts_.directory.List()) {
    if (space.id == id && space.is_living()) co_return std::move(space);
  }
  co_return NoSuchSpace(id);
}

Task<Result<SpaceReport>> SpaceSwap::Create(std::string directory) {
  std::unique_ptr<const embed::Embedder> embedder;
  Error error{ErrorCode::kInvalid, "", "/source", ""};
  try {
    embedder = co_await parts_.compute.Run([directory] { return LoadFrom(directory); });
  } catch (const Failure& failure) {
    error.message = failure.error().message;
    error.remedy = failure.error().remedy;
  }
  if (!embedder) co_return std::unexpected(std::move(error));
  auto made = co_await parts_.directory.Create(embedder->info(), std::move(directory));
  if (!made) co_return std::unexpected(made.error());
  parts_.on_changed();
  co_return co_await Report(std::move(*made));
}

// A brain after the other gives one question, round and round.
Task<std::vector<std::pair<Uuid, std::string>>> SpaceSwap::SampleQuestions(int64_t count) {
  const auto brains = co_await parts_.brains.List("", kBrainsAtOnce, std::nullopt);
  std::vector<std::pair<Uuid, std::string>> questions;
  const auto brain_count = std::max<int64_t>(1, std::ssize(brains));
  const int64_t of_each = (count + brain_count - 1) / brain_count;
  for (const store::Brain& brain : brains) {
    const int64_t left = count - std::ssize(questions);
    if (left <= 0) break;
    for (const std::string& content :
         co_await parts_.episodes.Sample(brain.id, std::min(of_each, left))) {
      questions.emplace_back(brain.id, QuestionOf(content));
    }
  }
  co_return questions;
}

Task<Result<Verification>> SpaceSwap::Verify(int64_t id, int64_t questions, int64_t limit) {
  auto row = co_await FindLiving(id);
  if (!row) co_return std::unexpected(row.error());
  const SharedSpace space = parts_.spaces.Find(id), active = parts_.spaces.active();
  if (!space || space->embedder() == nullptr) {
    co_return std::unexpected(
        Error{ErrorCode::kUnavailable,
              "this node does not serve the space: " + parts_.spaces.TroubleOf(id), "",
              "try again when `nexus space list` shows no trouble"});
  }
  Verification verification;
  double sum = 0;
  for (auto& [brain, question] : co_await SampleQuestions(questions)) {
    const RecallQuestion asked{.query = std::move(question), .limit = static_cast<size_t>(limit)};
    const Recalled expected = co_await parts_.recall.RunIn(active, brain, asked);
    const Recalled found = co_await parts_.recall.RunIn(space, brain, asked);
    sum += Overlap(expected.results, found.results);
    ++verification.questions;
  }
  if (verification.questions > 0) sum /= static_cast<double>(verification.questions);
  verification.overlap = verification.questions > 0 ? sum : 1;
  verification.counts = co_await parts_.directory.Count(id, std::nullopt);
  verification.is_complete = verification.counts.embedded == verification.counts.total;
  co_return verification;
}

Task<bool> SpaceSwap::WaitComplete(int64_t id, Timestamp before) {
  const auto deadline = std::chrono::steady_clock::now() + kWaitComplete;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (true) {
    const store::SpaceCounts counts = co_await parts_.directory.Count(id, before);
    if (counts.embedded == counts.total) co_return true;
    if (counts.pending == 0 || std::chrono::steady_clock::now() > deadline) co_return false;
    timer.expires_after(kAskAgain);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

Task<Result<SpaceReport>> SpaceSwap::Activate(int64_t id, bool force) {
  auto row = co_await FindLiving(id);
  if (!row) co_return std::unexpected(row.error());
  if (!force && !co_await WaitComplete(id, parts_.clock.Now())) {
    const store::SpaceCounts counts = co_await parts_.directory.Count(id, std::nullopt);
    co_return std::unexpected(
        Error{ErrorCode::kConflict,
              std::format("space {} is not complete: {} of {} episodes are embedded, {} were given "
                          "up; nothing has changed",
                          id, counts.embedded, counts.total, counts.failed),
              "",
              "wait until `nexus space show` says 100 %, try what was given up again with `nexus "
              "embeddings retry`, or say force"});
  }
  co_return co_await Switch(std::move(*row));
}

// On this node the activation takes hold here, not when the runner looks.
Task<Result<SpaceReport>> SpaceSwap::Switch(store::Space space) {
  SharedSpace here = parts_.spaces.Find(space.id);
  if (here) co_await parts_.spaces.Warm(here);
  if (!co_await parts_.directory.Activate(space.id)) co_return NoSuchSpace(space.id);
  parts_.spaces.Activate(space.id);
  LogInfo("an embedding space was activated", {{"space", space.id}, {"model", space.model}});
  parts_.on_changed();
  co_return co_await Get(space.id);
}

Task<Result<SpaceReport>> SpaceSwap::Rollback() {
  std::optional<store::Space> former;
  for (store::Space& space : co_await parts_.directory.List()) {
    if (space.state != store::SpaceState::kBuilding || !space.activated_at) continue;
    if (!former || former->activated_at < space.activated_at) former = std::move(space);
  }
  if (!former) {
    co_return std::unexpected(Error{ErrorCode::kConflict,
                                    "there is no space that served before and is kept", "",
                                    "`nexus space list` shows what there is"});
  }
  co_return co_await Switch(std::move(*former));
}

Task<Result<SpaceReport>> SpaceSwap::Retire(int64_t id) {
  auto row = co_await FindLiving(id);
  if (!row) co_return std::unexpected(row.error());
  if (!co_await parts_.directory.Retire(id)) {
    co_return std::unexpected(Error{ErrorCode::kConflict,
                                    std::format("space {} is active and cannot be retired", id), "",
                                    "activate another one first"});
  }
  parts_.on_changed();
  co_return co_await Get(id);
}

Task<Result<int64_t>> SpaceSwap::Retry(int64_t id) {
  auto row = co_await FindLiving(id);
  if (!row) co_return std::unexpected(row.error());
  const int64_t count = co_await parts_.directory.RetryFailed(id, parts_.clock.Now());
  parts_.on_changed();
  co_return count;
}

Task<Result<int64_t>> SpaceSwap::Backfill(int64_t id) {
  auto row = co_await FindLiving(id);
  if (!row) co_return std::unexpected(row.error());
  int64_t queued = 0;
  std::string after;
  while (true) {
    const auto page = co_await parts_.brains.List(after, kBrainsAtOnce, std::nullopt);
    for (const store::Brain& brain : page) {
      queued += co_await parts_.directory.QueueMissing(id, brain.id);
      after = brain.name;
    }
    if (std::ssize(page) < kBrainsAtOnce) break;
  }
  parts_.on_changed();
  co_return queued;
}

Task<Result<std::vector<store::FailedWork>>> SpaceSwap::ListFailed(int64_t id, int64_t limit) {
  auto row = co_await FindLiving(id);
  if (!row) co_return std::unexpected(row.error());
  co_return co_await parts_.directory.ListFailed(id, limit);
}

}  // namespace nexus::memory
