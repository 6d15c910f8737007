#include "jobs/index_feed.h"

#include "base/log.h"

namespace nexus::jobs {

IndexFeed::IndexFeed(asio::any_io_executor executor, store::Outbox& outbox, memory::Spaces& spaces,
                     memory::FeedPosition& position, Metrics& metrics,
                     std::chrono::milliseconds poll)
    : Service(executor, "index feed", poll),
      outbox_(outbox),
      spaces_(spaces),
      position_(position),
      events_(metrics.counter("nexus_index_feed_events_total",
                              "Rows of the outbox that the resident indexes have taken.")) {}

Task<> IndexFeed::CheckHistory() {
  store::Position start = co_await outbox_.Start();
  runs_ = 0;
  if (store::Continues(position_.reached(), start)) co_return;
  LogWarning("the database has another history: the resident indexes are loaded anew",
             {{"position", position_.reached().ToString()}, {"now", start.ToString()}});
  position_.Set(std::move(start));
  co_await spaces_.Clear();
}

Task<bool> IndexFeed::RunOnce() {
  if (!last_error().empty() || ++runs_ >= kRunsPerCheck) co_await CheckHistory();
  std::vector<store::OutboxEvent> events = co_await outbox_.Read(position_.reached(), kPage);
  if (events.empty()) co_return false;
  const size_t count = events.size();
  store::Position next{position_.reached().epoch, events.back().xid, events.back().seq};
  co_await spaces_.Apply(std::move(events));
  // Only now: what failed is read again.
  position_.Set(std::move(next));
  events_.Add(static_cast<double>(count));
  co_return count == static_cast<size_t>(kPage);
}

}  // namespace nexus::jobs
