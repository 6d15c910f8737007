#include "memory/indexes.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <ranges>
#include <unordered_set>

#include "base/log.h"
#include "memory/resident.h"

namespace nexus::memory {

namespace {

constexpr size_t kRowsAtOnce = 64;  // read for events; each may hold a megabyte

Metrics::Labels LabelsOf(const store::Vectors* vectors) {
  return {{"space", std::to_string(vectors == nullptr ? 0 : vectors->space())}};
}

// Is this about a vector of another space?
bool IsElsewhere(const store::OutboxEvent& event, const store::Vectors* vectors) {
  return vectors == nullptr || (event.space >= 0 && event.space != vectors->space());
}

}  // namespace

Indexes::Indexes(store::Episodes& episodes, store::Vectors* vectors, ComputePool& compute,
                 Metrics& metrics, IndexOptions options)
    : episodes_(episodes),
      vectors_(vectors),
      compute_(compute),
      options_(options),
      resident_gauge_(metrics.gauge("nexus_indexes_resident", "Brains with a resident index.",
                                    LabelsOf(vectors))),
      bytes_gauge_(metrics.gauge("nexus_indexes_resident_bytes", "Estimated size of them.",
                                 LabelsOf(vectors))),
      load_seconds_(metrics.histogram("nexus_index_load_seconds", "Loading a brain's index.")) {}

Indexes::~Indexes() = default;

Task<std::shared_ptr<const recall::BrainIndex>> Indexes::Get(Uuid brain) {
  auto executor = co_await asio::this_coro::executor;
  Shared resident = Find(brain);
  if (!resident) resident = Add(brain, executor);
  Touch(*resident);
  while (resident->loading) {
    co_await resident->loaded.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  if (resident->failure) std::rethrow_exception(resident->failure);
  co_return resident->index;
}

Indexes::Shared Indexes::Find(Uuid brain) const {
  auto found = residents_.find(brain);
  return found == residents_.end() ? nullptr : found->second;
}

Indexes::Shared Indexes::Add(Uuid brain, asio::any_io_executor executor) {
  recent_.push_front(brain);
  auto resident = std::make_shared<Resident>(brain, options_.dimension, executor);
  resident->place = recent_.begin();
  residents_[brain] = resident;
  in_flight_.Start(executor, Load(resident));
  return resident;
}

void Indexes::Touch(Resident& resident) {
  recent_.splice(recent_.begin(), recent_, resident.place);
}

Task<> Indexes::Load(Shared resident) {
  const auto begin = std::chrono::steady_clock::now();
  try {
    Work work(resident);
    IndexLoader loader = LoaderOf(resident);
    co_await loader.LoadEpisodes([this, brain = resident->brain](auto after, int64_t limit) {
      return episodes_.Scan(brain, after, limit);
    });
    if (vectors_ != nullptr) co_await loader.LoadVectors(*vectors_, resident->brain);
  } catch (...) {
    resident->failure = std::current_exception();
  }
  resident->loading = false;
  resident->loaded.cancel();
  if (resident->failure) {
    if (Find(resident->brain) == resident) GiveUp(resident->brain);
    co_return;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  load_seconds_.Observe(took.count());
  Account(resident);
}

IndexLoader Indexes::LoaderOf(const Shared& resident) {
  return IndexLoader(resident->index, compute_, options_.load_page);
}

Task<> Indexes::Put(Uuid brain, std::vector<Episode> episodes) {
  Shared resident = Find(brain);
  if (!resident) co_return;
  resident->RememberOwn(episodes);
  co_await PutInto(resident, std::move(episodes));
  Account(resident);
}

Task<> Indexes::PutInto(Shared resident, std::vector<Episode> episodes) {
  Work work(resident);
  co_await LoaderOf(resident).Put(std::move(episodes));
}

Task<> Indexes::SetVectors(Uuid brain, std::vector<store::StoredVector> vectors) {
  Shared resident = Find(brain);
  if (!resident || vectors.empty()) co_return;
  const Uuid item = vectors.front().item;
  const int64_t generation = vectors.front().generation;
  // An episode that came by plain SQL may not be here yet; then the event brings both.
  if (co_await LoaderOf(resident).SetVectors(std::move(vectors))) {
    resident->RememberOwn(item, generation);
  }
  Account(resident);
}

void Indexes::Remove(Uuid brain, Uuid id) {
  if (Shared resident = Find(brain)) resident->Remove(id);
}

// What a page of events asks for, for one brain. A removal is final: ids never come again.
struct Indexes::Changes {
  std::unordered_set<Uuid> written;
  std::unordered_set<Uuid> embedded;
  std::vector<Uuid> deleted;
};

Task<> Indexes::Apply(std::vector<store::OutboxEvent> events) {
  std::unordered_map<Uuid, Changes> by_brain;
  for (const store::OutboxEvent& event : events) {
    Shared resident = Find(event.brain);
    const auto id = ParseUuid(event.aggregate_id);
    if (!resident || !id) continue;
    Changes& changes = by_brain[event.brain];
    if (event.type == "episode.deleted" || event.type == "episode.invalidated") {
      changes.deleted.push_back(*id);
    } else if (event.type == "episode.updated") {
      changes.written.insert(*id);
    } else if (event.type == "episode.created" && !resident->HasOwn(*id)) {
      changes.written.insert(*id);
    } else if (event.type == "episode.embedded" && !IsElsewhere(event, vectors_) &&
               !resident->HasOwn(*id, event.generation)) {
      changes.embedded.insert(*id);
    }
  }
  for (auto& [brain, changes] : by_brain) {
    if (Shared resident = Find(brain)) co_await ApplyTo(resident, std::move(changes));
  }
  for (const store::OutboxEvent& event : events) {
    Shared resident = Find(event.brain);
    if (resident) resident->ForgetOwn(event);
  }
}

Task<> Indexes::ApplyTo(Shared resident, Changes changes) {
  Work work(resident);
  for (const Uuid& id : changes.deleted) {
    resident->Remove(id);
    changes.written.erase(id);
    changes.embedded.erase(id);
  }
  const std::vector<Uuid> written(changes.written.begin(), changes.written.end());
  for (auto part : written | std::views::chunk(kRowsAtOnce)) {
    std::vector<Uuid> ids(part.begin(), part.end());
    auto rows = co_await episodes_.Get(resident->brain, ids);
    std::unordered_set<Uuid> gone(ids.begin(), ids.end());
    std::erase_if(rows, [](const Episode& row) { return row.invalidated_at.has_value(); });
    for (const Episode& row : rows) gone.erase(row.id);
    for (const Uuid& id : gone) resident->Remove(id);
    co_await PutInto(resident, std::move(rows));
  }
  const std::vector<Uuid> embedded(changes.embedded.begin(), changes.embedded.end());
  for (auto part : embedded | std::views::chunk(kRowsAtOnce)) {
    auto vectors = co_await vectors_->Get(resident->brain, {part.begin(), part.end()});
    co_await LoaderOf(resident).SetVectors(std::move(vectors));
  }
  Account(resident);
}

void Indexes::Account(const Shared& resident) {
  if (Find(resident->brain) != resident || resident->loading) return;
  const size_t now = resident->index->resident_bytes();
  bytes_ = bytes_ - resident->bytes + now;
  resident->bytes = now;
  EvictBeyondBudget(resident->brain);
  resident_gauge_.Set(static_cast<double>(residents_.size()));
  bytes_gauge_.Set(static_cast<double>(bytes_));
}

void Indexes::EvictBeyondBudget(Uuid keep) {
  for (auto last = recent_.end(); bytes_ > options_.max_bytes && last != recent_.begin();) {
    const Uuid brain = *--last;
    if (brain == keep || residents_.at(brain)->loading) continue;
    ++last;  // the place behind it stays valid
    GiveUp(brain);
  }
}

void Indexes::GiveUp(Uuid brain) {
  auto found = residents_.find(brain);
  if (found == residents_.end()) return;
  bytes_ -= found->second->bytes;
  recent_.erase(found->second->place);
  residents_.erase(found);
  resident_gauge_.Set(static_cast<double>(residents_.size()));
  bytes_gauge_.Set(static_cast<double>(bytes_));
}

void Indexes::Drop(Uuid brain) { GiveUp(brain); }

void Indexes::Clear() {
  while (!recent_.empty()) GiveUp(recent_.back());
}

}  // namespace nexus::memory
