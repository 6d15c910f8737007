// The interactive lane: vectors of questions, with a cache in front and no bulk work in the way.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/task.h"
#include "embed/embedder.h"

namespace nexus::embed {

// Loop thread only; the model runs on a thread of its own, one elsewhere is asked by as many as its
// info says.
class QueryLane {
 public:
  static constexpr size_t kMaxCached = 1024;  // questions
  static constexpr size_t kMaxQueued = 256;   // questions that wait for the model

  QueryLane(const Embedder& embedder, Metrics& metrics);
  ~QueryLane();  // waits for the run of the model that is going on

  // The unit vector of a question. A question longer than the model's limit is embedded by its
  // chunks, whose mean is normalised. Throws Failure: kUnavailable when kMaxQueued others wait
  // or the model refuses at the moment (then at once), kTimeout, or what the model throws. After a
  // timeout a run that has begun goes on and fills the cache; one that has not is given up.
  Task<std::vector<float>> Embed(std::string question, std::chrono::milliseconds timeout);

 private:
  class Cache;
  struct Flight;
  struct Shared;
  static Task<> Fly(std::shared_ptr<Shared> shared, std::shared_ptr<Flight> flight,
                    std::string question);

  std::shared_ptr<Shared> shared_;  // with the flights, which may end after the lane
};

}  // namespace nexus::embed
