// How far this node has read the outbox: what is committed up to there, its indexes hold.
#pragma once

#include <chrono>

#include "base/error.h"
#include "base/task.h"
#include "store/outbox.h"

namespace nexus::memory {

// Loop thread only.
class FeedPosition {
 public:
  explicit FeedPosition(store::Position start) : reached_(std::move(start)) {}

  const store::Position& reached() const { return reached_; }
  void Set(store::Position reached) { reached_ = std::move(reached); }

  // Until everything up to `place` is read. kConflict: that is a place in another history of the
  // database (a failover, a restored copy); kUnavailable: not read after `timeout`.
  Task<std::optional<Error>> WaitFor(store::Position place,
                                     std::chrono::milliseconds timeout) const;

 private:
  store::Position reached_;
};

}  // namespace nexus::memory
