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
#include "memory/spaces.h"
#include "recall/brain_index.h"
#include "store/episodes.h"

namespace nexus::memory {

struct RecallQuestion {
  std::string query;
  recall::Mode mode = recall::Mode::kHybrid;
  size_t limit = 10;
  EpisodeFilter filter;
  double recency_weight = 0;
  std::chrono::duration<double> half_life = std::chrono::days(30);
  double importance_weight = 0;
  size_t neighbours = 0;               // on each side
  std::optional<size_t> token_budget;  // of the contents of results and neighbours
  bool dedupe = false;
  bool explain = false;
  std::optional<Timestamp> as_of;  // what was valid then, as it was then
};

struct Recollection {
  Episode episode;
  double score = 0;
  std::optional<double> words;
  std::optional<double> meaning;
  uint32_t begin = 0;  // the best chunk, in bytes of the content
  uint32_t end = 0;
  std::vector<Episode> before;  // its neighbours, in the order of the session
  std::vector<Episode> behind;
  std::vector<Uuid> folded;  // with dedupe: what says the same
  recall::Explanation explanation;
  size_t tokens = 0;  // with a token_budget: what it takes of it
};

// Where the time went, in seconds.
struct RecallTimes {
  double embed = 0;
  double search = 0;
  double fetch = 0;
};

struct Recalled {
  std::vector<Recollection> results;  // best first
  std::vector<std::string> degraded;  // arms that were asked for and missing: "vectors"
  std::vector<std::string> words;     // of the question; Explanation::matched counts in them
  size_t omitted = 0;                 // results that the token_budget had no room for
  RecallTimes times;
};

// Loop thread only; the search runs on the compute pool.
class Recall {
 public:
  static constexpr std::chrono::milliseconds kEmbedTimeout{5'000};

  // Without a model words alone answer, `degraded` says so, and four bytes count as a token.
  Recall(store::Episodes& episodes, Spaces& spaces, ComputePool& compute, const Clock& clock,
         Metrics& metrics);

  // Rows are read under row-level security after the search: a deleted row is never served. The
  // result whose content brings them to kMaxAnswerBytes is the last. With a token_budget, best
  // first, each result that has no room is left out, and those behind it that have are not.
  Task<Recalled> Run(Uuid brain, RecallQuestion asked) {
    return RunIn(spaces_.active(), brain, std::move(asked));
  }
  // From beginning to end in this space: vectors of two never meet.
  Task<Recalled> RunIn(SharedSpace space, Uuid brain, RecallQuestion asked);

 private:
  Task<std::vector<Recollection>> Fetch(SharedSpace space, Uuid brain,
                                        std::optional<Timestamp> as_of,
                                        std::vector<recall::Hit> hits);
  Task<> Pack(SharedSpace space, Recalled& recalled, size_t budget);

  store::Episodes& episodes_;
  Spaces& spaces_;
  ComputePool& compute_;
  const Clock& clock_;
  Histogram& seconds_;
};

}  // namespace nexus::memory
