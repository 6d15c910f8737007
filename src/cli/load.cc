#include "cli/load.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

namespace nexus::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{60};

// Shared by the clients of one run, all on one loop.
struct Run {
  const LoadOptions& options;
  const std::function<http::ClientRequest(uint64_t number)>& next;
  std::string authorization;
  http::Url url;
  SteadyClock::time_point begin = SteadyClock::now();
  uint64_t sent = 0;
  LoadResult result;
};

// When the request of this number is due.
SteadyClock::time_point DueAt(const Run& run, uint64_t number) {
  if (!run.options.per_second) return SteadyClock::now();
  const std::chrono::duration<double> after(static_cast<double>(number) / *run.options.per_second);
  return run.begin + std::chrono::round<SteadyClock::duration>(after);
}

void Count(Run& run, SteadyClock::time_point since, std::string error) {
  if (error.empty()) {
    const std::chrono::duration<double> took = SteadyClock::now() - since;
    run.result.latencies.push_back(took.count());
    return;
  }
  ++run.result.errors;
  if (run.result.first_error.empty()) run.result.first_error = std::move(error);
}

Task<> RunClient(Run& run) {
  const auto executor = co_await asio::this_coro::executor;
  http::Client client(executor, run.url);
  asio::steady_timer timer(executor);
  while (true) {
    const uint64_t number = run.sent++;
    const SteadyClock::time_point due = DueAt(run, number);
    if (due >= run.begin + run.options.duration) co_return;
    if (due > SteadyClock::now()) {
      timer.expires_at(due);
      co_await timer.async_wait(asio::use_awaitable);
    }
    http::ClientRequest request = run.next(number);
    request.headers.Set("authorization", run.authorization);
    request.headers.Set("content-type", "application/json");
    std::string error;
    try {
      const http::Response response = co_await client.Send(std::move(request), kPatience);
      if (response.status >= 300) error = std::format("{} {}", response.status, response.body);
    } catch (const Failure& failure) {
      error = failure.what();
    }
    Count(run, due, std::move(error));
  }
}

}  // namespace

double LoadResult::Percentile(double share) const {
  if (latencies.empty()) return 0;
  const auto place = static_cast<size_t>(share * static_cast<double>(latencies.size()));
  return latencies[std::min(place, latencies.size() - 1)];
}

LoadResult RunLoad(const Connection& connection, const LoadOptions& options,
                   const std::function<http::ClientRequest(uint64_t number)>& next) {
  if (!connection.key) throw Failure(connection.key.error());
  auto url = http::ParseUrl(connection.url);
  if (!url) throw Failure(url.error());
  Run run{.options = options,
          .next = next,
          .authorization = "Bearer " + *connection.key,
          .url = *url,
          .result = {}};
  asio::io_context loop(1);
  std::exception_ptr failure;
  for (size_t i = 0; i < options.clients; ++i) {
    asio::co_spawn(loop, RunClient(run), [&failure](std::exception_ptr thrown) {
      if (thrown) failure = thrown;
    });
  }
  loop.run();
  if (failure) std::rethrow_exception(failure);
  const std::chrono::duration<double> took = SteadyClock::now() - run.begin;
  run.result.seconds = took.count();
  std::ranges::sort(run.result.latencies);
  return std::move(run.result);
}

}  // namespace nexus::cli
