// Upkeep, once an hour: the outbox's partitions ahead of time, old idempotency keys away.
#pragma once

#include "base/service.h"
#include "store/upkeep.h"

namespace nexus::jobs {

inline constexpr std::chrono::hours kIdempotencyKeyLife{24};

class Keeper final : public Service {
 public:
  Keeper(asio::any_io_executor executor, postgres::Pool& keeper, const Clock& clock);

 protected:
  Task<bool> RunOnce() override;

 private:
  store::Upkeep upkeep_;
  const Clock& clock_;
};

}  // namespace nexus::jobs
