#include "jobs/space_runner.h"

#include "base/log.h"

namespace nexus::jobs {

using memory::SharedSpace;

SpaceRunner::SpaceRunner(SpaceWorkers::Parts parts, memory::Spaces& spaces, ComputePool& compute,
                         Options options)
    : Service(parts.executor, "embedding spaces", options.pause),
      parts_(parts),
      spaces_(spaces),
      compute_(compute),
      options_(std::move(options)) {}

Task<bool> SpaceRunner::RunOnce() {
  const uint64_t asked_at = spaces_.activations();
  const std::vector<store::Space> rows = co_await parts_.directory.List();
  for (const store::Space& row : rows) {
    if (stopping()) co_return false;
    if (row.is_living()) {
      co_await Admit(row);
    } else {
      co_await Dismiss(row.id);
    }
  }
  co_await Follow(store::FindActive(rows), asked_at);
  co_return false;
}

Task<> SpaceRunner::Admit(store::Space row) {
  SharedSpace space = spaces_.Find(row.id);
  if (!space) {
    auto embedder = co_await Load(row);
    if (!embedder) co_return;
    LogInfo("an embedding space is served", {{"space", row.id}, {"model", row.model}});
    space = spaces_.Admit(std::move(row), std::move(embedder));
  }
  if (options_.threads == 0 || space->embedder() == nullptr) co_return;
  const auto is_its = [&](const auto& workers) { return workers->space() == space->id(); };
  if (std::ranges::any_of(workers_, is_its)) co_return;
  workers_.push_back(std::make_unique<SpaceWorkers>(parts_, std::move(space), options_.threads));
  workers_.back()->Start();
}

// Null if it cannot be had, which is told and not tried again at once.
Task<std::unique_ptr<const embed::Embedder>> SpaceRunner::Load(store::Space row) {
  const auto now = std::chrono::steady_clock::now();
  if (auto known = load_again_at_.find(row.id); known != load_again_at_.end()) {
    if (now < known->second) co_return nullptr;
  }
  load_again_at_[row.id] = now + kLoadAgain;
  std::unique_ptr<const embed::Embedder> embedder;
  std::string trouble = "it has no source: an older program made it";
  if (row.source) {
    try {
      embedder = co_await compute_.Run(
          [load = options_.load, source = *row.source] { return load(source); });
      trouble.clear();
    } catch (const Failure& failure) {
      trouble = failure.what();
    }
  }
  if (embedder && embedder->info().artefact_sha256 != row.artefact_sha256) {
    embedder.reset();
    trouble = *row.source + " holds another model by now";
  }
  spaces_.SetTrouble(row.id, trouble);
  if (!embedder) {
    LogWarning("an embedding space cannot be served", {{"space", row.id}, {"error", trouble}});
  }
  co_return embedder;
}

Task<> SpaceRunner::Dismiss(int64_t id) {
  spaces_.SetTrouble(id, "");
  if (!spaces_.Find(id) || spaces_.active()->id() == id) co_return;
  const auto found =
      std::ranges::find_if(workers_, [id](const auto& workers) { return workers->space() == id; });
  if (found != workers_.end()) {
    std::unique_ptr<SpaceWorkers> ending = std::move(*found);
    workers_.erase(found);
    co_await ending->Stop();
  }
  co_await spaces_.Remove(id);
  LogInfo("an embedding space was given up", {{"space", id}});
}

// Not if one was activated here since the table was read: it may tell of the time before.
Task<> SpaceRunner::Follow(const store::Space* active, uint64_t asked_at) {
  if (active == nullptr) co_return;
  if (const SharedSpace space = spaces_.Find(active->id); space && space != spaces_.active()) {
    co_await spaces_.Warm(space);
    if (spaces_.activations() != asked_at) co_return;
    spaces_.Activate(active->id);
    LogInfo("another embedding space serves now", {{"space", active->id}});
  }
  // Words alone, before there was a model.
  if (spaces_.active()->id() != 0) co_await spaces_.Remove(0);
}

void SpaceRunner::WakeWorkers() {
  for (const auto& workers : workers_) workers->Wake();
}

Task<> SpaceRunner::StopWorkers() {
  for (const auto& workers : workers_) workers->BeginToStop();
  for (const auto& workers : workers_) co_await workers->Stop();
  workers_.clear();
}

std::string SpaceRunner::trouble() const {
  for (const auto& workers : workers_) {
    if (std::string trouble = workers->trouble(); !trouble.empty()) return trouble;
  }
  return last_error();
}

}  // namespace nexus::jobs
