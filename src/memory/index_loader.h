// Filling a brain's index with what the database holds. Loop thread only; counting terms and
// building run on the compute pool.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/task.h"
#include "domain/episode.h"
#include "recall/brain_index.h"
#include "store/embeddings.h"

namespace nexus::memory {

// The episodes behind `after`, by id, at most `limit`.
using EpisodePages =
    std::function<Task<std::vector<Episode>>(std::optional<Uuid> after, int64_t limit)>;

class IndexLoader {
 public:
  // `page` rows are read at once at most.
  IndexLoader(std::shared_ptr<recall::BrainIndex> index, ComputePool& compute, int64_t page)
      : index_(std::move(index)), compute_(compute), page_(page) {}

  Task<> Put(std::vector<Episode> episodes);
  // All vectors of some items, in order. True if every item was there.
  Task<bool> SetVectors(std::vector<store::StoredVector> vectors);

  // Page by page; of long texts a page has few.
  Task<> LoadEpisodes(EpisodePages pages);
  // Of the whole brain, but for some items.
  Task<> LoadVectors(store::Vectors& vectors, Uuid brain, std::unordered_set<Uuid> without = {});

 private:
  std::shared_ptr<recall::BrainIndex> index_;  // shared with what runs on the pool
  ComputePool& compute_;
  int64_t page_;
};

}  // namespace nexus::memory
