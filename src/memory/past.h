// A brain as it was at a moment that is gone: an index built for one question.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/task.h"
#include "domain/episode.h"
#include "recall/brain_index.h"
#include "store/embeddings.h"
#include "store/episodes.h"

namespace nexus::memory {

// Loop thread only; counting terms runs on the compute pool. The time is that of loading a brain;
// one index is built at a time, since each takes the memory of the brain.
class Past {
 public:
  // `vectors` is null without a model. All are borrowed.
  Past(store::Episodes& episodes, store::Vectors* vectors, ComputePool& compute, size_t dimension)
      : episodes_(episodes), vectors_(vectors), compute_(compute), dimension_(dimension) {}

  // What was valid then, with the words that it had then. What says the same today has its vector;
  // what has been changed since is found by its words.
  Task<std::shared_ptr<const recall::BrainIndex>> Load(Uuid brain, Timestamp moment);
  // The rows as they were then, in no particular order.
  Task<std::vector<Episode>> Get(Uuid brain, Timestamp moment, std::vector<Uuid> ids);

 private:
  class Turn;
  Task<std::vector<Episode>> Scan(Uuid brain, Timestamp moment, std::optional<Uuid> after,
                                  int64_t limit, std::unordered_set<Uuid>& changed);

  store::Episodes& episodes_;
  store::Vectors* vectors_;
  ComputePool& compute_;
  size_t dimension_;
  bool is_building_ = false;
  std::optional<asio::steady_timer> built_;  // cancelled when one has been built
};

}  // namespace nexus::memory
