#include "jobs/keeper.h"

namespace nexus::jobs {

Keeper::Keeper(asio::any_io_executor executor, postgres::Pool& keeper, const Clock& clock)
    : Service(executor, "keeper", std::chrono::hours(1)), upkeep_(keeper), clock_(clock) {}

Task<bool> Keeper::RunOnce() {
  const Timestamp now = clock_.Now();
  const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
  const std::chrono::year_month_day first = today.year() / today.month() / 1;
  co_await upkeep_.PruneIdempotencyKeys(now - kIdempotencyKeyLife);
  co_await upkeep_.EnsureOutboxPartition(first);
  co_await upkeep_.EnsureOutboxPartition(first + std::chrono::months(1));
  co_return false;
}

}  // namespace nexus::jobs
