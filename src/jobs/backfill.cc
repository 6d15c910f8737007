#include "jobs/backfill.h"

namespace nexus::jobs {

Backfill::Backfill(asio::any_io_executor executor, store::Spaces& directory, store::Brains& brains,
                   int64_t space)
    : Service(executor, "backfill", std::chrono::hours(24)),
      directory_(directory),
      brains_(brains),
      space_(space) {}

Task<bool> Backfill::RunOnce() {
  if (finished_) co_return false;
  std::vector<store::Brain> page = co_await brains_.List(after_, kPage, std::nullopt);
  for (const store::Brain& brain : page) {
    if (stopping()) co_return false;
    co_await directory_.QueueMissing(space_, brain.id);
    after_ = brain.name;
  }
  finished_ = std::ssize(page) < kPage;
  co_return !finished_;
}

}  // namespace nexus::jobs
