#include "store/upkeep.h"

#include "queries.h"

namespace nexus::store {

Task<> Upkeep::EnsureOutboxPartition(std::chrono::year_month_day day) {
  co_await keeper_.Run(sql::kEnsureOutboxPartition, {std::format("{:%F}", day)});
}

Task<> Upkeep::PruneIdempotencyKeys(Timestamp before) {
  co_await keeper_.Run(sql::kPruneBrainsKeys, {postgres::ToParameter(before)});
  co_await keeper_.Run(sql::kPruneCallersKeys, {postgres::ToParameter(before)});
}

}  // namespace nexus::store
