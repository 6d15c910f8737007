// What /health asks: is every part there, and is it well?
#pragma once

#include <vector>

#include "api/shapes.h"
#include "embed/embedder.h"
#include "jobs/embed_worker.h"
#include "jobs/index_feed.h"
#include "memory/indexes.h"
#include "postgres/pool.h"
#include "redis/supervisor.h"

namespace nexus::app {

// Loop thread only.
class Probe {
 public:
  // All but the pool may be null or empty: then that part is not configured, or not of this
  // process.
  struct Parts {
    postgres::Pool& pool;  // one connection, short timeouts
    const redis::Supervisor* redis;
    const embed::Embedder* embedder;
    std::vector<const jobs::EmbedWorker*> workers;
    const jobs::IndexFeed* feed;
    const memory::Indexes* indexes;
  };
  explicit Probe(Parts parts) : parts_(std::move(parts)) {}

  // Takes about a second at most. PostgreSQL alone is needed; the rest degrades.
  Task<std::vector<api::PartHealth>> Ask();

 private:
  Task<api::PartHealth> AskPostgres();
  api::PartHealth AskRedis() const;
  api::PartHealth AskModel() const;
  api::PartHealth AskWorkers() const;

  Parts parts_;
};

}  // namespace nexus::app
