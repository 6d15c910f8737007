#include "app/run.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
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

// What SIGTERM and SIGINT ask for: the first to stop, also in the middle of the start; the same one
// again, to wait for nobody. A SIGINT and a SIGTERM are one wish: Ctrl-C reaches the script that
// started us, too, and that passes it on.
struct Ending {
  explicit Ending(asio::io_context& loop)
      : signals(loop, SIGTERM, SIGINT), asked_for(loop, asio::steady_timer::time_point::max()) {}

  asio::signal_set signals;
  asio::cancellation_signal start;
  asio::steady_timer asked_for;  // cancelled by the first
  int first = 0;                 // the first signal, once it has come
};

void HearSignals(Ending& ending, Node& node) {
  ending.signals.async_wait([&](const boost::system::error_code& cancelled, int signal) {
    if (cancelled) return;
    if (ending.first == signal) return node.CutOff();
    if (ending.first == 0) {
      ending.first = signal;
      ReportStep("stopping; the same signal again cuts off what still runs");
      ending.asked_for.cancel();
      ending.start.emit(asio::cancellation_type::terminal);
    }
    HearSignals(ending, node);
  });
}

// Starts, waits for the end, stops; what the start threw comes back.
Task<std::exception_ptr> Live(Node& node, const Config& config, Ending& ending) {
  std::exception_ptr failure;
  HearSignals(ending, node);
  try {
    co_await asio::co_spawn(ending.signals.get_executor(), node.Start(),
                            asio::bind_cancellation_slot(ending.start.slot(), asio::use_awaitable));
    if (ending.first == 0) {
      AnnounceReady(config, node);
      co_await ending.asked_for.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  } catch (...) {
    if (ending.first == 0) failure = std::current_exception();
  }
  co_await node.Stop();
  co_return failure;
}

// Until `over`, of which a cancelled timer lets it know at once.
Task<> SuperviseStack(stack::PrivateStack& stack, asio::steady_timer& timer, const bool& over) {
  while (!over) {
    stack.Supervise();
    timer.expires_after(kSuperviseEvery);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

// For the rest of the process's life: a signal that repeats the first must not end it while the
// servers are stopped, which is bounded by itself.
void HoldSignals() {
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGTERM);
  sigaddset(&both, SIGINT);
  pthread_sigmask(SIG_BLOCK, &both, nullptr);
}

void RunLoop(const Config& config, Backends backends,
             std::unique_ptr<const embed::Embedder> embedder, stack::PrivateStack* stack) {
  asio::io_context loop(1);
  Ending ending(loop);
  asio::steady_timer supervision(loop);
  Node node(loop.get_executor(), config, std::move(backends), std::move(embedder), &ReportStep);
  std::exception_ptr failure;
  bool over = false;
  if (stack != nullptr) {
    asio::co_spawn(loop, SuperviseStack(*stack, supervision, over), asio::detached);  // ends below
  }
  asio::co_spawn(loop, Live(node, config, ending),
                 [&](std::exception_ptr thrown, std::exception_ptr started) {
                   failure = thrown ? thrown : started;
                   over = true;
                   ending.signals.cancel();
                   supervision.cancel();
                 });
  loop.run();
  HoldSignals();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

void Run(const Config& config, Servers servers) {
  ConfigureLog(config.log);
  std::signal(SIGPIPE, SIG_IGN);  // whoever read our stderr may go before we have stopped
  if (servers == Servers::kPrivate && !config.database.empty()) {
    throw Failure(ErrorCode::kInvalid,
                  "`nexus up` brings its own PostgreSQL, yet a database is given",
                  "run `nexus serve` to use that one, or take it out of --database, NEXUS_DATABASE "
                  "and nexus.toml");
  }
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
  options.with_redis = config.redis.empty();
  options.on_step = ReportStep;
  stack::PrivateStack stack(std::move(options));
  Backends backends = PrivateBackends(stack.Start());
  if (!config.redis.empty()) backends.redis_url = config.redis;
  Config placed = config;
  if (placed.admin_key_file.empty()) placed.admin_key_file = config.data_directory / "admin.key";
  if (placed.snapshot_directory.empty()) {
    placed.snapshot_directory = config.data_directory / "index";
  }
  RunLoop(placed, std::move(backends), LoadConfiguredModel(config, ReportStep), &stack);
  stack.Stop();
  ReportStep("stopped");
}

}  // namespace nexus::app
