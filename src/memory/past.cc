#include "memory/past.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>

#include "memory/index_loader.h"

namespace nexus::memory {

namespace {
constexpr int64_t kPage = 1'000;
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
  IndexLoader loader(index, compute_, kPage);
  std::unordered_set<Uuid> changed;
  co_await loader.LoadEpisodes(
      [&](auto after, int64_t limit) { return Scan(brain, moment, after, limit, changed); });
  // Of what the index does not hold it drops the vectors.
  if (vectors_ != nullptr) co_await loader.LoadVectors(*vectors_, brain, std::move(changed));
  co_return index;
}

// Adds to `changed` whose text is another one today.
Task<std::vector<Episode>> Past::Scan(Uuid brain, Timestamp moment, std::optional<Uuid> after,
                                      int64_t limit, std::unordered_set<Uuid>& changed) {
  std::vector<Episode> page;
  for (store::PastEpisode& past : co_await episodes_.ScanPast(brain, moment, {}, after, limit)) {
    if (!past.has_this_text) changed.insert(past.episode.id);
    page.push_back(std::move(past.episode));
  }
  co_return page;
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
