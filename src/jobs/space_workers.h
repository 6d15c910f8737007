// What embeds into one space: its workers, and the backfill that finds their work after a start.
#pragma once

#include <memory>
#include <vector>

#include "jobs/backfill.h"
#include "jobs/embed_worker.h"
#include "memory/spaces.h"

namespace nexus::jobs {

// Loop thread only. Stop() must have finished before destruction.
class SpaceWorkers {
 public:
  struct Parts {
    asio::any_io_executor executor;
    store::Spaces& directory;
    store::Brains& brains;
    postgres::Pool& embedder;
    const Clock& clock;
    Metrics& metrics;
  };

  // The space must have an embedder.
  SpaceWorkers(const Parts& parts, memory::SharedSpace space, size_t threads);

  void Start();
  void Wake();
  void BeginToStop();
  Task<> Stop();

  int64_t space() const { return space_->id(); }
  // Why one of them does not work at the moment; empty if all do.
  std::string trouble() const;

 private:
  memory::SharedSpace space_;  // shared, so that it outlives the work
  store::EmbeddingQueue queue_;
  Backfill backfill_;
  std::vector<std::unique_ptr<EmbedWorker>> workers_;
};

}  // namespace nexus::jobs
