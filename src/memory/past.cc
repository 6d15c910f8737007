#include "memory/past.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <unordered_set>

#include "memory/vector_items.h"

namespace nexus::memory {

namespace {

constexpr int64_t kPage = 1'000;

bool PutAll(recall::BrainIndex& index, const std::vector<store::PastEpisode>& page) {
  for (const store::PastEpisode& past : page) index.Put(recall::Prepare(past.episode));
  return true;
}

}  // namespace

class Past::Turn {
 public:
  explicit Turn(Past& past) : past_(past) { past_.is_building_ = true; }
  ~Turn() {
    past_.is_building_ = false;
    past_.built_->cancel_one();
  }
  Turn(const Turn&) = delete;

 private:
  Past& past_;
};

Task<std::shared_ptr<const recall::BrainIndex>> Past::Load(Uuid brain, Timestamp moment) {
  if (!built_) {
    built_.emplace(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  }
  while (is_building_) co_await built_->async_wait(asio::as_tuple(asio::use_awaitable));
  Turn turn(*this);
  auto index = std::make_shared<recall::BrainIndex>(dimension_);
  std::vector<Uuid> changed;
  std::optional<Uuid> after;
  for (bool is_last = false; !is_last;) {
    auto page = co_await episodes_.ScanPast(brain, moment, {}, after, kPage);
    is_last = std::ssize(page) < kPage;
    if (page.empty()) break;
    after = page.back().episode.id;
    for (const store::PastEpisode& past : page) {
      if (!past.has_this_text) changed.push_back(past.episode.id);
    }
    co_await compute_.Run([index, page = std::move(page)] { return PutAll(*index, page); });
  }
  if (vectors_ != nullptr) co_await LoadVectors(brain, index, std::move(changed));
  co_return index;
}

// Vectors of episodes that the index does not hold are dropped by it.
Task<> Past::LoadVectors(Uuid brain, std::shared_ptr<recall::BrainIndex> index,
                         std::vector<Uuid> changed) {
  const std::unordered_set<Uuid> without(changed.begin(), changed.end());
  VectorItems items;
  std::optional<std::pair<Uuid, uint32_t>> after;
  for (bool is_last = false; !is_last;) {
    auto page = co_await vectors_->Scan(brain, after, kPage);
    is_last = std::ssize(page) < kPage;
    if (!page.empty()) after.emplace(page.back().item, page.back().chunk_no);
    std::erase_if(page, [&](const auto& vector) { return without.contains(vector.item); });
    auto whole = items.Add(std::move(page));
    if (is_last) std::ranges::move(items.Finish(), std::back_inserter(whole));
    co_await compute_.Run([index, whole = std::move(whole)] {
      for (const ItemVectors& item : whole)
        index->SetVectors(item.item, item.generation, item.chunks);
      return true;
    });
  }
}

Task<std::vector<Episode>> Past::Get(Uuid brain, Timestamp moment, std::vector<Uuid> ids) {
  std::vector<Episode> rows;
  if (ids.empty()) co_return rows;
  const auto count = std::ssize(ids);
  auto past = co_await episodes_.ScanPast(brain, moment, std::move(ids), std::nullopt, count);
  for (store::PastEpisode& one : past) rows.push_back(std::move(one.episode));
  co_return rows;
}

}  // namespace nexus::memory
