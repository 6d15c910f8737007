#include "memory/index_loader.h"

#include <algorithm>
#include <iterator>

#include "memory/vector_items.h"

namespace nexus::memory {

namespace {

constexpr int64_t kFirstPage = 64;       // rows, when nothing is known of their length
constexpr size_t kPageBytes = 32 << 20;  // of contents, read at once

bool PutAll(recall::BrainIndex& index, const std::vector<Episode>& episodes) {
  for (const Episode& episode : episodes) index.Put(recall::Prepare(episode));
  return true;
}

// True if every item was there.
bool SetAll(recall::BrainIndex& index, const std::vector<ItemVectors>& items) {
  bool all = true;
  for (const ItemVectors& item : items) {
    all = index.SetVectors(item.item, item.generation, item.chunks) && all;
  }
  return all;
}

// How many rows to read next, so that a page of long texts does not fill the memory.
int64_t NextPage(const std::vector<Episode>& page, int64_t most) {
  size_t bytes = 0;
  for (const Episode& episode : page) bytes += episode.content.size();
  const size_t fit = kPageBytes * page.size() / (bytes + 1);
  return std::clamp<int64_t>(static_cast<int64_t>(std::min(fit, 4 * page.size())), 1, most);
}

}  // namespace

// On the compute pool also when it is little: the loop must not wait for a search to end.
Task<> IndexLoader::Put(std::vector<Episode> episodes) {
  co_await compute_.Run(
      [index = index_, episodes = std::move(episodes)] { return PutAll(*index, episodes); });
}

Task<bool> IndexLoader::SetVectors(std::vector<store::StoredVector> vectors) {
  VectorItems items;
  auto whole = items.Add(std::move(vectors));
  std::ranges::move(items.Finish(), std::back_inserter(whole));
  co_return co_await compute_.Run(
      [index = index_, whole = std::move(whole)] { return SetAll(*index, whole); });
}

Task<> IndexLoader::LoadEpisodes(EpisodePages pages) {
  std::optional<Uuid> after;
  for (int64_t limit = std::min(kFirstPage, page_);;) {
    auto page = co_await pages(after, limit);
    if (page.empty()) co_return;
    const bool last = page.size() < static_cast<size_t>(limit);
    after = page.back().id;
    limit = NextPage(page, page_);
    co_await Put(std::move(page));
    if (last) co_return;
  }
}

Task<> IndexLoader::LoadVectors(store::Vectors& vectors, Uuid brain,
                                std::unordered_set<Uuid> without) {
  VectorItems items;
  std::optional<std::pair<Uuid, uint32_t>> after;
  while (true) {
    auto page = co_await vectors.Scan(brain, after, page_);
    const bool last = page.size() < static_cast<size_t>(page_);
    if (!page.empty()) after.emplace(page.back().item, page.back().chunk_no);
    std::erase_if(page, [&](const auto& vector) { return without.contains(vector.item); });
    auto whole = items.Add(std::move(page));
    if (last) std::ranges::move(items.Finish(), std::back_inserter(whole));
    co_await compute_.Run(
        [index = index_, whole = std::move(whole)] { return SetAll(*index, whole); });
    if (last) break;
  }
  const auto torn = items.TakeTorn();
  for (const Uuid& item : torn) co_await SetVectors(co_await vectors.Get(brain, {item}));
}

}  // namespace nexus::memory
