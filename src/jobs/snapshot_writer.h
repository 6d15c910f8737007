// Writes the snapshots of resident indexes that are due.
#pragma once

#include "base/service.h"
#include "memory/spaces.h"

namespace nexus::jobs {

class SnapshotWriter final : public Service {
 public:
  SnapshotWriter(asio::any_io_executor executor, memory::Spaces& spaces,
                 std::chrono::milliseconds pause = std::chrono::seconds(1))
      : Service(executor, "snapshots", pause), spaces_(spaces) {}

 protected:
  Task<bool> RunOnce() override { return spaces_.SaveDue(); }

 private:
  memory::Spaces& spaces_;
};

}  // namespace nexus::jobs
