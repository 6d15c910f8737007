#include "jobs/space_workers.h"

namespace nexus::jobs {

namespace {

// One worker looks often, and wakes the others when it finds something: an idle node asks less.
// They look by themselves in case that one is busy with a long text.
constexpr std::chrono::seconds kPollOfOthers{1};

}  // namespace

SpaceWorkers::SpaceWorkers(const Parts& parts, memory::SharedSpace space, size_t threads)
    : space_(std::move(space)),
      queue_(parts.embedder, space_->id()),
      backfill_(parts.executor, parts.directory, parts.brains, space_->id()) {
  for (size_t number = 0; number < threads; ++number) {
    EmbedWorkerOptions options;
    if (number == 0) {
      options.on_work = [this] { Wake(); };
    } else {
      options.takes_suspects = false;
      options.poll = kPollOfOthers;
    }
    workers_.push_back(std::make_unique<EmbedWorker>(parts.executor, queue_, *space_->embedder(),
                                                     space_->indexes(), parts.clock, parts.metrics,
                                                     std::move(options)));
  }
}

void SpaceWorkers::Start() {
  for (const auto& worker : workers_) worker->Start();
  backfill_.Start();
}

void SpaceWorkers::Wake() {
  for (const auto& worker : workers_) worker->Wake();
}

void SpaceWorkers::BeginToStop() {
  backfill_.BeginToStop();
  for (const auto& worker : workers_) worker->BeginToStop();
}

Task<> SpaceWorkers::Stop() {
  BeginToStop();
  co_await backfill_.Stop();
  for (const auto& worker : workers_) co_await worker->Stop();
}

std::string SpaceWorkers::trouble() const {
  for (const auto& worker : workers_) {
    if (!worker->last_error().empty()) return worker->last_error();
  }
  return backfill_.last_error();
}

}  // namespace nexus::jobs
