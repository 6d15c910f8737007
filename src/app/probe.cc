#include "app/probe.h"

namespace nexus::app {
namespace {

constexpr postgres::Statement kAskVersion{"ask_version",
                                          "SELECT current_setting('server_version')"};

api::PartHealth ServiceHealth(std::string name, const Service& service) {
  const std::string& error = service.last_error();
  return {std::move(name), error.empty(), false, error.empty() ? "works" : error};
}

}  // namespace

Task<std::vector<api::PartHealth>> Probe::Ask() {
  std::vector<api::PartHealth> health;
  health.push_back(co_await AskPostgres());
  health.push_back(AskRedis());
  health.push_back(AskModel());
  if (!parts_.workers.empty()) health.push_back(AskWorkers());
  if (parts_.feed != nullptr) health.push_back(ServiceHealth("index_feed", *parts_.feed));
  if (parts_.indexes != nullptr) {
    health.push_back({"indexes", true, false,
                      std::format("{} brains resident, {} MiB", parts_.indexes->resident(),
                                  parts_.indexes->resident_bytes() >> 20)});
  }
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

api::PartHealth Probe::AskModel() const {
  if (parts_.embedder == nullptr) {
    return {"model", false, false, "none: recall works on words alone (`make model` makes it)"};
  }
  const std::string& name = parts_.embedder->info().name;
  const std::string trouble = parts_.embedder->availability().trouble;
  if (!trouble.empty()) return {"model", false, false, std::format("{}: {}", name, trouble)};
  return {"model", true, false, name};
}

api::PartHealth Probe::AskWorkers() const {
  const auto failing = std::ranges::find_if(
      parts_.workers, [](const auto* worker) { return !worker->last_error().empty(); });
  return ServiceHealth("embedding_queue",
                       failing == parts_.workers.end() ? *parts_.workers.front() : **failing);
}

}  // namespace nexus::app
