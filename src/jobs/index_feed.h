// Follows the outbox and keeps the resident indexes up to date with what others committed. When
// the outbox's history is no longer the one it has followed (a failover, a restored copy), it
// gives the indexes up and begins anew: it looks after every failure, and every kRunsPerCheck runs.
#pragma once

#include "base/metrics.h"
#include "base/service.h"
#include "memory/feed_position.h"
#include "memory/spaces.h"
#include "store/outbox.h"

namespace nexus::jobs {

class IndexFeed final : public Service {
 public:
  static constexpr int64_t kPage = 1'000;  // rows read at once
  static constexpr int kRunsPerCheck = 20;

  // Starts where `position` is: indexes loaded later than that hold everything before it.
  IndexFeed(asio::any_io_executor executor, store::Outbox& outbox, memory::Spaces& spaces,
            memory::FeedPosition& position, Metrics& metrics,
            std::chrono::milliseconds poll = std::chrono::milliseconds(100));

 protected:
  Task<bool> RunOnce() override;

 private:
  Task<> CheckHistory();

  store::Outbox& outbox_;
  memory::Spaces& spaces_;
  memory::FeedPosition& position_;
  int runs_ = 0;  // since the last check
  Counter& events_;
};

}  // namespace nexus::jobs
