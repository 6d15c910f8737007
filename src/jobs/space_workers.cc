#include "jobs/space_workers.h"

namespace nexus::jobs {

SpaceWorkers::SpaceWorkers(const Parts& parts, memory::SharedSpace space, size_t threads)
    : space_(std::move(space)),
      queue_(parts.embedder, space_->id()),
      backfill_(parts.executor, parts.directory, parts.brains, space_->id()) {
  for (size_t number = 0; number < threads; ++number) {
    workers_.push_back(std::make_unique<EmbedWorker>(
        parts.executor, queue_, *space_->embedder(), space_->indexes(), parts.clock, parts.metrics,
        EmbedWorkerOptions{.takes_suspects = number == 0}));
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
