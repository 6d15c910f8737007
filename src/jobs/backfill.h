// When a space is first served: queues what has neither a vector nor work, brain by brain. That is
// everything in a new space, and nothing otherwise.
#pragma once

#include "base/service.h"
#include "store/brains.h"
#include "store/spaces.h"

namespace nexus::jobs {

class Backfill final : public Service {
 public:
  static constexpr int64_t kPage = 100;  // brains looked at in one run

  Backfill(asio::any_io_executor executor, store::Spaces& directory, store::Brains& brains,
           int64_t space);

 protected:
  Task<bool> RunOnce() override;

 private:
  store::Spaces& directory_;
  store::Brains& brains_;
  int64_t space_;
  std::string after_;  // the last brain that is done
  bool finished_ = false;
};

}  // namespace nexus::jobs
