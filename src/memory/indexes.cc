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

Counter& LoadsFrom(const char* source, Metrics& metrics) {
  return metrics.counter("nexus_index_loads_total", "Indexes loaded.", {{"from", source}});
}

// Is this about a vector of another space?
bool IsElsewhere(const store::OutboxEvent& event, const store::Vectors* vectors) {
  return vectors == nullptr || (event.space >= 0 && event.space != vectors->space());
}

}  // namespace

// What a page of events asks for, for one brain. A removal is final: ids never come again.
class Indexes::Changes {
 public:
  void Add(const store::OutboxEvent& event, const Resident& resident,
           const store::Vectors* vectors) {
    const auto id = ParseUuid(event.aggregate_id);
    if (!id) return;
    if (event.type == "episode.deleted" || event.type == "episode.invalidated") {
      deleted.push_back(*id);
    } else if (event.type == "episode.updated") {
      written.insert(*id);
    } else if (event.type == "episode.created" && !resident.HasOwn(*id)) {
      written.insert(*id);
    } else if (event.type == "episode.embedded" && !IsElsewhere(event, vectors) &&
               !resident.HasOwn(*id, event.generation)) {
      embedded.insert(*id);
    }
  }

  std::unordered_set<Uuid> written;
  std::unordered_set<Uuid> embedded;
  std::vector<Uuid> deleted;
};

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
      load_seconds_(metrics.histogram("nexus_index_load_seconds", "Loading a brain's index.")),
      loads_from_rows_(LoadsFrom("rows", metrics)),
      loads_from_snapshots_(LoadsFrom("snapshot", metrics)) {}

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
    if (!co_await LoadSnapshot(resident)) co_await LoadRows(resident);
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

Task<> Indexes::LoadRows(Shared resident) {
  IndexLoader loader = LoaderOf(resident);
  co_await loader.LoadEpisodes([this, brain = resident->brain](auto after, int64_t limit) {
    return episodes_.Scan(brain, after, limit);
  });
  if (vectors_ != nullptr) co_await loader.LoadVectors(*vectors_, resident->brain);
  resident->due.Saved(resident->index->changes(), std::chrono::steady_clock::now());
  loads_from_rows_.Add();
}

SnapshotKey Indexes::KeyOf(const Resident& resident) const {
  return {vectors_ == nullptr ? 0 : vectors_->space(), resident.brain};
}

// What the feed brings from now on is applied behind it; what is older, the snapshot holds or the
// events do.
Task<bool> Indexes::LoadSnapshot(Shared resident) {
  const SnapshotKey key = KeyOf(*resident);
  if (options_.snapshots == nullptr || !options_.snapshots->Has(key)) co_return false;
  resident->restoring = true;
  std::optional<std::vector<store::OutboxEvent>> since;
  std::exception_ptr failure;
  try {
    since = co_await options_.snapshots->Load(key, options_.artefact, resident->index);
  } catch (...) {
    failure = std::current_exception();
  }
  resident->restoring = false;
  resident->restored.cancel();
  if (failure) std::rethrow_exception(failure);
  if (!since) co_return false;
  resident->due.Saved(resident->index->changes(), std::chrono::steady_clock::now());
  Changes changes;
  for (const store::OutboxEvent& event : *since) changes.Add(event, *resident, vectors_);
  co_await ApplyTo(resident, std::move(changes));
  loads_from_snapshots_.Add();
  co_return true;
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
  co_await resident->WaitRestored();
  co_await LoaderOf(resident).Put(std::move(episodes));
}

Task<> Indexes::SetVectors(Uuid brain, std::vector<store::StoredVector> vectors) {
  Shared resident = Find(brain);
  if (!resident || vectors.empty()) co_return;
  const Uuid item = vectors.front().item;
  const int64_t generation = vectors.front().generation;
  co_await resident->WaitRestored();
  // An episode that came by plain SQL may not be here yet; then the event brings both.
  if (co_await LoaderOf(resident).SetVectors(std::move(vectors))) {
    resident->RememberOwn(item, generation);
  }
  Account(resident);
}

void Indexes::Remove(Uuid brain, Uuid id) {
  if (Shared resident = Find(brain)) resident->Remove(id);
}

Task<> Indexes::Apply(std::vector<store::OutboxEvent> events) {
  std::unordered_map<Uuid, Changes> by_brain;
  for (const store::OutboxEvent& event : events) {
    Shared resident = Find(event.brain);
    if (resident) by_brain[event.brain].Add(event, *resident, vectors_);
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
  co_await resident->WaitRestored();
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

SnapshotDue::Sight Indexes::SightOf(const Resident& resident) const {
  return {.episodes = resident.index->size(),
          .changes = resident.index->changes(),
          .has_file = options_.snapshots->Has(KeyOf(resident))};
}

// Where there is work in flight, the index may hold what is removed again when that ends.
Task<bool> Indexes::SaveDue() {
  if (options_.snapshots == nullptr) co_return false;
  for (const Uuid& brain : brains()) {
    Shared resident = Find(brain);
    if (!resident || resident->loading || resident->work > 0) continue;
    const SnapshotStep step = resident->due.Look(options_.snapshots->policy(), SightOf(*resident),
                                                 std::chrono::steady_clock::now());
    if (step != SnapshotStep::kNothing && co_await Save(resident, step)) co_return true;
  }
  co_return false;
}

Task<> Indexes::SaveLast(std::chrono::steady_clock::time_point deadline) {
  if (options_.snapshots == nullptr) co_return;
  for (const Uuid& brain : brains()) {
    const auto now = std::chrono::steady_clock::now();
    Shared resident = Find(brain);
    if (now >= deadline || !resident || resident->loading || resident->work > 0) continue;
    const SnapshotStep step =
        resident->due.LookLast(options_.snapshots->policy(), SightOf(*resident), now);
    if (step != SnapshotStep::kNothing) co_await Save(resident, step);
  }
}

Task<bool> Indexes::Save(Shared resident, SnapshotStep step) {
  const SnapshotKey key = KeyOf(*resident);
  const uint64_t changes = resident->index->changes();
  std::string trouble;
  bool is_saved = false;
  try {
    if (step == SnapshotStep::kMove) {
      co_await options_.snapshots->Move(key);
      is_saved = true;
    } else {
      is_saved = co_await options_.snapshots->Save(key, options_.artefact, resident->index,
                                                   step == SnapshotStep::kWriteIfLet);
    }
  } catch (const Failure& failure) {
    trouble = failure.what();
  }
  const auto now = std::chrono::steady_clock::now();
  if (is_saved) resident->due.Saved(changes, now);
  if (trouble.empty()) co_return is_saved;
  LogWarning("a snapshot could not be written", {{"error", trouble}});
  resident->due.Failed(now);
  co_return false;
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
