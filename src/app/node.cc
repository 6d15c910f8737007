#include "app/node.h"

#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <thread>

#include "api/api.h"
#include "app/admin_key.h"
#include "app/first_space.h"
#include "app/prepare_schema.h"
#include "app/probe.h"
#include "base/log.h"
#include "embed/model.h"
#include "http/server.h"
#include "jobs/index_feed.h"
#include "jobs/keeper.h"
#include "jobs/snapshot_writer.h"
#include "jobs/space_runner.h"
#include "memory/space_swap.h"
#include "postgres/pool.h"
#include "redis/supervisor.h"
#include "store/outbox.h"
#include "store/schema.h"

namespace nexus::app {
namespace {

constexpr size_t kApiConnections = 16;
constexpr size_t kWorkerConnections = 4;
constexpr std::chrono::seconds kWriteSnapshots{5};  // at the end
constexpr size_t kFilesForOurselves = 128;          // PostgreSQL, Redis, the model, the log

std::unique_ptr<postgres::Pool> PoolAs(asio::any_io_executor executor, const Backends& backends,
                                       std::string_view role, size_t connections) {
  postgres::PoolOptions options;
  options.conninfo = backends.conninfo(role);
  options.max_connections = connections;
  return std::make_unique<postgres::Pool>(executor, std::move(options));
}

std::unique_ptr<postgres::Pool> ProbePool(asio::any_io_executor executor,
                                          const Backends& backends) {
  postgres::PoolOptions options;
  options.conninfo = backends.conninfo("nexus_api");
  options.max_connections = 1;
  options.connect_timeout = options.acquire_timeout = options.statement_timeout =
      std::chrono::seconds(1);
  return std::make_unique<postgres::Pool>(executor, std::move(options));
}

// At its limit of open files a server that only serves clients loses PostgreSQL, too. The usual
// limit is low for the sake of programs that use select(); it is raised as far as it is needed.
size_t ConnectionsThatFit(size_t wanted) {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return wanted;
  files.rlim_cur = std::max(files.rlim_cur, std::min(files.rlim_max, wanted + kFilesForOurselves));
  setrlimit(RLIMIT_NOFILE, &files);
  const size_t most = files.rlim_cur;
  return std::min(wanted, most - std::min(most / 2, kFilesForOurselves));
}

}  // namespace

// In the order of their making; what comes later uses what comes before.
struct Node::Parts {
  asio::any_io_executor executor;
  Backends backends;
  StepReport report;
  std::unique_ptr<const embed::Embedder> given_model;  // may be null; a space takes it
  SystemClock clock;
  Metrics metrics;
  ComputePool compute{std::max(1u, std::thread::hardware_concurrency()), 0};

  std::unique_ptr<postgres::Pool> owner_pool, api_pool, embedder_pool, relay_pool, keeper_pool,
      probe_pool;
  std::unique_ptr<redis::Supervisor> redis;  // null without Redis
  std::unique_ptr<store::Spaces> directory;
  std::unique_ptr<store::Brains> brains;
  std::unique_ptr<store::Episodes> episodes;
  std::unique_ptr<store::Outbox> outbox;
  std::unique_ptr<store::BrainsOutbox> brains_outbox;

  std::optional<memory::FeedPosition> position;
  std::unique_ptr<memory::SnapshotFolder> snapshot_folder;  // null without snapshots
  std::unique_ptr<memory::Snapshots> snapshots;             // the same
  std::unique_ptr<memory::Spaces> spaces;
  std::unique_ptr<memory::Remember> remember;
  std::optional<memory::Ledger> ledger;
  std::unique_ptr<memory::Revise> revise;
  std::unique_ptr<memory::Recall> recall;
  std::unique_ptr<memory::SpaceSwap> swap;

  std::unique_ptr<api::Api> api;
  std::unique_ptr<Probe> probe;
  std::unique_ptr<http::Server> server;
  // Declared last: they use all of the above.
  std::unique_ptr<jobs::SpaceRunner> runner;
  std::unique_ptr<jobs::IndexFeed> feed;
  std::unique_ptr<jobs::SnapshotWriter> snapshot_writer;
  std::unique_ptr<jobs::Keeper> keeper;
};

std::unique_ptr<const embed::Embedder> LoadConfiguredModel(const Config& config,
                                                           const StepReport& report) {
  if (config.model_off) {
    report("model: off; recall works on words alone");
    return nullptr;
  }
  if (config.model_is_default && !std::filesystem::exists(config.model_directory)) {
    report("model: none at " + config.model_directory.string() +
           "; recall works on words alone (`make model` makes it)");
    return nullptr;
  }
  auto embedder = embed::LoadModel(config.model_directory);
  report(
      std::format("model: {}, {} dimensions", embedder->info().name, embedder->info().dimension));
  return embedder;
}

Node::Node(asio::any_io_executor executor, Config config, Backends backends,
           std::unique_ptr<const embed::Embedder> embedder, StepReport report)
    : config_(std::move(config)), parts_(std::make_unique<Parts>()) {
  parts_->executor = executor;
  parts_->backends = std::move(backends);
  parts_->report = std::move(report);
  parts_->given_model = std::move(embedder);
}

Node::~Node() = default;

uint16_t Node::port() const { return parts_->server ? parts_->server->port() : 0; }

Task<> Node::Start() {
  Parts& parts = *parts_;
  parts.api_pool = PoolAs(parts.executor, parts.backends, "nexus_api", kApiConnections);
  parts.embedder_pool =
      PoolAs(parts.executor, parts.backends, "nexus_embedder", kWorkerConnections);
  parts.relay_pool = PoolAs(parts.executor, parts.backends, "nexus_relay", 2);
  parts.keeper_pool = PoolAs(parts.executor, parts.backends, "nexus_keeper", 2);
  parts.probe_pool = ProbePool(parts.executor, parts.backends);
  if (!parts.backends.redis_url.empty()) {
    auto address = redis::ParseAddress(parts.backends.redis_url);
    if (!address) throw Failure(address.error());
    parts.redis = std::make_unique<redis::Supervisor>(
        parts.executor, redis::SupervisorOptions{.address = std::move(*address)});
    parts.redis->Start();
  }
  co_await PrepareDatabase();
  parts.outbox = std::make_unique<store::Outbox>(*parts.relay_pool);
  const store::Position start = co_await parts.outbox->Start();
  parts.position.emplace(start);
  Wire(start.epoch);
  co_await OpenFirstSpace(*parts.directory, *parts.spaces, std::move(parts.given_model), config_,
                          parts.report);
  if (config_.roles.api) {
    if (parts.snapshots) co_await parts.snapshots->Open(co_await parts.directory->List());
    parts.feed = std::make_unique<jobs::IndexFeed>(parts.executor, *parts.outbox, *parts.spaces,
                                                   *parts.position, parts.metrics);
    parts.feed->Start();
    if (parts.snapshots) {
      parts.snapshot_writer = std::make_unique<jobs::SnapshotWriter>(parts.executor, *parts.spaces);
      parts.snapshot_writer->Start();
    }
    co_await PrepareKeys();
  }
  parts.runner->Start();
  if (config_.roles.keeper) {
    parts.keeper = std::make_unique<jobs::Keeper>(parts.executor, *parts.keeper_pool, parts.clock);
    parts.keeper->Start();
  }
  if (config_.roles.api) Listen();
}

Task<> Node::PrepareDatabase() {
  Parts& parts = *parts_;
  auto administrator = PoolAs(parts.executor, parts.backends, "nexus_admin", 1);
  parts.owner_pool = PoolAs(parts.executor, parts.backends, "nexus_owner", 1);
  postgres::Pool& owner = *parts.owner_pool;
  const store::MigrationReport migrated = co_await PrepareSchema(*administrator, owner);
  if (migrated.from_version != migrated.to_version) {
    parts.report(
        std::format("schema: migrated from {} to {}", migrated.from_version, migrated.to_version));
  }
  co_await store::CheckSchema(owner);
}

Task<> Node::PrepareKeys() {
  Parts& parts = *parts_;
  const std::filesystem::path& file = config_.admin_key_file;
  if (file.empty()) {
    if (!(co_await parts.brains->ListKeys(std::nullopt)).empty()) co_return;
    parts.report("keys: there is none, so nobody is let in; --admin-key-file FILE makes the first");
  } else if (!co_await EnsureAdminKey(*parts.api_pool, parts.clock, file)) {
    parts.report(std::format("keys: the one in {} was revoked; remove the file for a new one",
                             file.string()));
  }
}

void Node::WireSnapshots() {
  Parts& parts = *parts_;
  if (!config_.roles.api || config_.snapshot_bytes == 0 || config_.snapshot_directory.empty())
    return;
  parts.brains_outbox = std::make_unique<store::BrainsOutbox>(*parts.api_pool);
  parts.snapshot_folder = std::make_unique<memory::SnapshotFolder>(config_.snapshot_directory);
  parts.snapshots = std::make_unique<memory::Snapshots>(
      memory::Snapshots::Parts{*parts.outbox, *parts.brains_outbox, *parts.position, parts.compute,
                               parts.metrics, parts.clock},
      memory::Snapshots::Options{.folder = parts.snapshot_folder->path(),
                                 .max_bytes = config_.snapshot_bytes,
                                 .program = std::string(kVersion),
                                 .policy = {}});
}

void Node::Wire(std::string epoch) {
  Parts& parts = *parts_;
  WireSnapshots();
  parts.brains = std::make_unique<store::Brains>(*parts.api_pool);
  parts.episodes = std::make_unique<store::Episodes>(*parts.api_pool);
  parts.directory =
      std::make_unique<store::Spaces>(*parts.owner_pool, *parts.embedder_pool, *parts.keeper_pool);
  memory::IndexOptions index;
  index.max_bytes = config_.index_bytes;
  index.snapshots = parts.snapshots.get();
  parts.spaces = std::make_unique<memory::Spaces>(
      memory::SpaceParts{*parts.api_pool, *parts.episodes, parts.compute, parts.metrics, index});
  parts.runner = std::make_unique<jobs::SpaceRunner>(
      jobs::SpaceWorkers::Parts{parts.executor, *parts.directory, *parts.brains,
                                *parts.embedder_pool, parts.clock, parts.metrics},
      *parts.spaces, parts.compute,
      jobs::SpaceRunner::Options{.threads = config_.roles.embedder ? config_.bulk_threads : 0,
                                 .load = &embed::LoadModel});
  const auto wake_workers = [&parts] { parts.runner->WakeWorkers(); };
  parts.remember = std::make_unique<memory::Remember>(
      *parts.api_pool, *parts.spaces, parts.clock, parts.metrics, std::move(epoch), wake_workers);
  parts.ledger.emplace(*parts.api_pool, parts.clock);
  parts.revise = std::make_unique<memory::Revise>(*parts.ledger, *parts.episodes, *parts.spaces,
                                                  parts.clock, wake_workers);
  parts.recall = std::make_unique<memory::Recall>(*parts.episodes, *parts.spaces, parts.compute,
                                                  parts.clock, parts.metrics);
  parts.swap = std::make_unique<memory::SpaceSwap>(
      memory::SpaceSwap::Parts{*parts.directory, *parts.spaces, *parts.brains, *parts.episodes,
                               *parts.recall, parts.compute, parts.clock, [&parts] {
                                 parts.runner->Wake();
                                 parts.runner->WakeWorkers();
                               }});
}

void Node::Listen() {
  Parts& parts = *parts_;
  parts.probe = std::make_unique<Probe>(Probe::Parts{*parts.probe_pool, parts.redis.get(),
                                                     *parts.spaces, *parts.runner, *parts.feed});
  parts.api = std::make_unique<api::Api>(api::Services{
      parts.clock, parts.metrics, *parts.brains, *parts.episodes, *parts.spaces, *parts.swap,
      *parts.remember, *parts.ledger, *parts.revise, *parts.recall, *parts.position, kVersion,
      [probe = parts.probe.get()] { return probe->Ask(); }});
  http::ServerOptions options;
  options.address = config_.address;
  options.port = config_.port;
  options.max_connections = ConnectionsThatFit(options.max_connections);
  options.max_body_bytes = config_.max_body_bytes;
  options.max_held_bytes = std::max(options.max_held_bytes, 4 * config_.max_body_bytes);
  api::Api* api = parts.api.get();
  parts.server = std::make_unique<http::Server>(
      parts.executor, options,
      [api](http::Request request) { return api->Handle(std::move(request)); }, &api::Api::Refuse);
  parts.server->Listen();
}

// The database may be away; then what was written before has to do.
Task<> Node::FinishSnapshots() {
  Parts& parts = *parts_;
  try {
    co_await parts.snapshots->AwaitFeed();
    co_await parts.spaces->SaveLast(std::chrono::steady_clock::now() + kWriteSnapshots);
  } catch (const std::exception& error) {
    LogWarning("the snapshots were not brought up to date", {{"error", error.what()}});
  }
}

void Node::CutOff() {
  if (parts_->server) parts_->server->CutOff();
}

Task<> Node::Stop() {
  Parts& parts = *parts_;
  if (parts.server) co_await parts.server->Stop(config_.drain);
  if (parts.runner) {
    co_await parts.runner->Stop();
    co_await parts.runner->StopWorkers();
  }
  if (parts.snapshot_writer) co_await parts.snapshot_writer->Stop();
  if (parts.remember) co_await parts.remember->Drain();
  if (parts.spaces) co_await parts.spaces->Drain();
  if (parts.snapshot_writer) co_await FinishSnapshots();
  if (parts.feed) co_await parts.feed->Stop();
  if (parts.keeper) co_await parts.keeper->Stop();
  if (parts.redis) co_await parts.redis->Stop();
}

}  // namespace nexus::app
