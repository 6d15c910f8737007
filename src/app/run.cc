#include "app/run.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>

#include "app/conninfo.h"
#include "app/node.h"
#include "stack/private_stack.h"

namespace nexus::app {
namespace {

constexpr std::chrono::milliseconds kSuperviseEvery{200};

void ReportStep(std::string_view step) {
  std::fprintf(stderr, "nexus: %.*s\n", static_cast<int>(step.size()), step.data());
}

Backends PrivateBackends(const stack::Endpoints& endpoints) {
  return {[conninfo = endpoints.postgres_conninfo](std::string_view role) {
            return PrivateConninfoAs(conninfo, role);
          },
          endpoints.redis_url};
}

// The administrator is the user of the DSN itself.
Backends GivenBackends(const Config& config) {
  return {[dsn = config.database](std::string_view role) {
            return role == "nexus_admin" ? dsn : ConninfoAs(dsn, role);
          },
          config.redis};
}

std::string PrintedAddress(const Config& config, uint16_t port) {
  const bool v6 = config.address.contains(':');
  return std::format("http://{}{}{}:{}", v6 ? "[" : "", config.address, v6 ? "]" : "", port);
}

void AnnounceReady(const Config& config, const Node& node) {
  if (config.roles.api) {
    std::printf("ready %s\n", PrintedAddress(config, node.port()).c_str());
  } else {
    std::puts("ready");
  }
  std::fflush(stdout);
}

// Starts, waits for the end, stops; what the start threw comes back.
Task<std::exception_ptr> Live(Node& node, const Config& config, asio::signal_set& signals) {
  std::exception_ptr failure;
  try {
    co_await node.Start();
    AnnounceReady(config, node);
    co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    ReportStep("stopping");
  } catch (...) {
    failure = std::current_exception();
  }
  co_await node.Stop();
  co_return failure;
}

Task<> SuperviseStack(stack::PrivateStack& stack, asio::steady_timer& timer) {
  boost::system::error_code ended;
  while (!ended) {
    stack.Supervise();
    timer.expires_after(kSuperviseEvery);
    std::tie(ended) = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

void RunLoop(const Config& config, Backends backends, std::unique_ptr<embed::Embedder> embedder,
             stack::PrivateStack* stack) {
  asio::io_context loop(1);
  asio::signal_set signals(loop, SIGTERM, SIGINT);
  asio::steady_timer supervision(loop);
  Node node(loop.get_executor(), config, std::move(backends), std::move(embedder), &ReportStep);
  std::exception_ptr failure;
  if (stack != nullptr) {
    asio::co_spawn(loop, SuperviseStack(*stack, supervision), asio::detached);  // ends below
  }
  asio::co_spawn(loop, Live(node, config, signals),
                 [&](std::exception_ptr thrown, std::exception_ptr started) {
                   failure = thrown ? thrown : started;
                   signals.cancel();
                   supervision.cancel();
                 });
  loop.run();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

void Run(const Config& config, Servers servers) {
  ConfigureLog(config.log);
  if (servers == Servers::kGiven) {
    if (config.database.empty()) {
      throw Failure(
          ErrorCode::kInvalid, "`nexus serve` needs a PostgreSQL",
          "give --database DSN, NEXUS_DATABASE or NEXUS_DATABASE_FILE; or run `nexus up`, "
          "which brings its own");
    }
    return RunLoop(config, GivenBackends(config), LoadConfiguredModel(config, ReportStep), nullptr);
  }
  stack::StackOptions options;
  options.data_directory = config.data_directory;
  options.on_step = ReportStep;
  stack::PrivateStack stack(std::move(options));
  Backends backends = PrivateBackends(stack.Start());
  Config with_key = config;
  if (with_key.admin_key_file.empty()) {
    with_key.admin_key_file = config.data_directory / "admin.key";
  }
  RunLoop(with_key, std::move(backends), LoadConfiguredModel(config, ReportStep), &stack);
  stack.Stop();
  ReportStep("stopped");
}

}  // namespace nexus::app
