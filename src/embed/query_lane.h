// The interactive lane: vectors of questions, with a cache in front and no bulk work in the way.
#pragma once

#include <chrono>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "base/task.h"
#include "embed/embedder.h"

namespace nexus::embed {

// Loop thread only; the model runs on a thread of its own.
class QueryLane {
 public:
  static constexpr size_t kMaxCached = 1024;  // questions
  static constexpr size_t kMaxQueued = 256;   // questions that wait for the model

  QueryLane(const Embedder& embedder, Metrics& metrics);
  ~QueryLane();

  // The unit vector of a question. A question longer than the model's limit is embedded by its
  // chunks, whose mean is normalised. Throws Failure: kUnavailable when kMaxQueued others wait,
  // kTimeout, or what the model throws.
  Task<std::vector<float>> Embed(std::string question, std::chrono::milliseconds timeout);

 private:
  struct Entry {
    std::string key;
    std::vector<float> vector;
  };
  const std::vector<float>* Find(const std::string& key);
  void Remember(std::string key, std::vector<float> vector);

  const Embedder& embedder_;
  Histogram& seconds_;
  Counter& hits_;
  ComputePool pool_;
  size_t queued_ = 0;
  std::list<Entry> recent_;  // most recent first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
};

}  // namespace nexus::embed
