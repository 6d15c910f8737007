#include "app/probe.h"

namespace nexus::app {
namespace {

constexpr postgres::Statement kAskVersion{"ask_version",
                                          "SELECT current_setting('server_version')"};

// It works unless `trouble` says why it does not.
api::PartHealth WorksUnless(std::string name, const std::string& trouble) {
  return {std::move(name), trouble.empty(), false, trouble.empty() ? "works" : trouble};
}

}  // namespace

Task<std::vector<api::PartHealth>> Probe::Ask() {
  std::vector<api::PartHealth> health;
  health.push_back(co_await AskPostgres());
  health.push_back(AskRedis());
  health.push_back(AskModel());
  health.push_back(WorksUnless("embedding_queue", parts_.runner.trouble()));
  health.push_back(WorksUnless("index_feed", parts_.feed.last_error()));
  health.push_back(AskIndexes());
  co_return health;
}

Task<api::PartHealth> Probe::AskPostgres() {
  try {
    postgres::Rows rows = co_await parts_.pool.Run(kAskVersion, {});
    co_return api::PartHealth{"postgres", true, true, "PostgreSQL " + std::string(rows[0].Text(0))};
  } catch (const Failure& failure) {
    co_return api::PartHealth{"postgres", false, true, failure.error().message};
  }
}

api::PartHealth Probe::AskRedis() const {
  if (parts_.redis == nullptr) return {"redis", false, false, "not configured"};
  if (parts_.redis->healthy()) return {"redis", true, false, "answers"};
  return {"redis", false, false, parts_.redis->last_error()};
}

// Of every space; the active one first.
api::PartHealth Probe::AskModel() const {
  const memory::SharedSpace active = parts_.spaces.active();
  if (active->embedder() == nullptr) {
    return {"model", false, false, "none: recall works on words alone (`make model` makes it)"};
  }
  std::string names = active->embedder()->info().name;
  if (std::string trouble = active->embedder()->availability().trouble; !trouble.empty()) {
    return {"model", false, false, std::format("{}: {}", names, trouble)};
  }
  for (const memory::SharedSpace& space : parts_.spaces.all()) {
    if (space == active || space->embedder() == nullptr) continue;
    names += std::format("; beside it space {}, {}", space->id(), space->embedder()->info().name);
  }
  if (const std::string trouble = parts_.spaces.trouble(); !trouble.empty()) {
    return {"model", false, false, std::format("{}; {}", names, trouble)};
  }
  return {"model", true, false, std::move(names)};
}

api::PartHealth Probe::AskIndexes() const {
  size_t resident = parts_.spaces.active()->indexes().resident(), bytes = 0;
  for (const memory::SharedSpace& space : parts_.spaces.all()) {
    bytes += space->indexes().resident_bytes();
  }
  return {"indexes", true, false, std::format("{} brains resident, {} MiB", resident, bytes >> 20)};
}

}  // namespace nexus::app
