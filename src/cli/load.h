// Many requests at once, timed: what `nexus bench` measures with.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/connection.h"
#include "http/client.h"

namespace nexus::cli {

struct LoadOptions {
  size_t clients = 1;  // each with a connection of its own, one request at a time
  std::chrono::milliseconds duration{5'000};
  // Of all clients together; none: each sends its next request when it has its answer. With a rate
  // the time of a request counts from when it was due, so that a server that falls behind is not
  // measured at the moments when it has recovered.
  std::optional<double> per_second;
};

struct LoadResult {
  double seconds = 0;             // until the last answer
  std::vector<double> latencies;  // of 2xx answers, in seconds, sorted
  size_t errors = 0;
  std::string first_error;

  // The latency that `share` of the answers keep, 0 to 1; 0 if there is none.
  double Percentile(double share) const;
};

// Sends what `next` gives for 0, 1, 2, …, with the key of the connection. Blocks. Throws Failure if
// there is no key, or the URL is none.
LoadResult RunLoad(const Connection& connection, const LoadOptions& options,
                   const std::function<http::ClientRequest(uint64_t number)>& next);

}  // namespace nexus::cli
