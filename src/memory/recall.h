// Finding memories again: embed the question, search the resident index, fetch the rows.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "base/task.h"
#include "domain/episode.h"
#include "embed/query_lane.h"
#include "memory/indexes.h"
#include "recall/brain_index.h"
#include "store/episodes.h"

namespace nexus::memory {

struct Recollection {
  Episode episode;
  double score = 0;
  std::optional<double> words;
  std::optional<double> meaning;
  uint32_t begin = 0;  // the best chunk, in bytes of the content
  uint32_t end = 0;
};

struct Recalled {
  std::vector<Recollection> results;  // best first
  std::vector<std::string> degraded;  // arms that were asked for and missing: "vectors"
};

// Loop thread only; the search runs on the compute pool.
class Recall {
 public:
  static constexpr std::chrono::milliseconds kEmbedTimeout{5'000};

  // `lane` is null without a model: then words alone answer, and `degraded` says so.
  Recall(store::Episodes& episodes, Indexes& indexes, embed::QueryLane* lane, ComputePool& compute,
         Metrics& metrics);

  // Rows are read under row-level security after the search: a deleted row is never served. The
  // result whose content brings them to kMaxAnswerBytes is the last.
  Task<Recalled> Run(Uuid brain, std::string query, recall::Mode mode, size_t limit);

 private:
  Task<std::vector<Recollection>> Fetch(Uuid brain, std::vector<recall::Hit> hits);
  Task<std::vector<float>> EmbedOrDegrade(std::string query, std::vector<std::string>& degraded);

  store::Episodes& episodes_;
  Indexes& indexes_;
  embed::QueryLane* lane_;
  ComputePool& compute_;
  Histogram& seconds_;
};

}  // namespace nexus::memory
