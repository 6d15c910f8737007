// After a start: queues what has neither a vector nor work, brain by brain. That is everything
// when the first model arrives in a memory that ran on words alone, and nothing otherwise.
#pragma once

#include "base/service.h"
#include "store/brains.h"
#include "store/embeddings.h"

namespace nexus::jobs {

class Backfill final : public Service {
 public:
  static constexpr int64_t kPage = 100;  // brains looked at in one run

  // `owner` is the pool of nexus_owner.
  Backfill(asio::any_io_executor executor, postgres::Pool& owner, store::Brains& brains,
           int64_t space);

 protected:
  Task<bool> RunOnce() override;

 private:
  postgres::Pool& owner_;
  store::Brains& brains_;
  int64_t space_;
  std::string after_;  // the last brain that is done
  bool finished_ = false;
};

}  // namespace nexus::jobs
