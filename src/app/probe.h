// What /health asks: is every part there, and is it well?
#pragma once

#include <vector>

#include "api/shapes.h"
#include "jobs/index_feed.h"
#include "jobs/space_runner.h"
#include "memory/spaces.h"
#include "postgres/pool.h"
#include "redis/supervisor.h"

namespace nexus::app {

// Loop thread only.
class Probe {
 public:
  struct Parts {
    postgres::Pool& pool;            // one connection, short timeouts
    const redis::Supervisor* redis;  // null: not configured
    const memory::Spaces& spaces;
    const jobs::SpaceRunner& runner;
    const jobs::IndexFeed& feed;
  };
  explicit Probe(Parts parts) : parts_(parts) {}

  // Takes about a second at most. PostgreSQL alone is needed; the rest degrades.
  Task<std::vector<api::PartHealth>> Ask();

 private:
  Task<api::PartHealth> AskPostgres();
  api::PartHealth AskRedis() const;
  api::PartHealth AskModel() const;
  api::PartHealth AskIndexes() const;

  Parts parts_;
};

}  // namespace nexus::app
