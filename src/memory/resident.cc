#include "memory/resident.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>

namespace nexus::memory {

void Indexes::Resident::RememberOwn(const std::vector<Episode>& episodes) {
  if (own_episodes.size() >= kMaxOwn) own_episodes.clear();
  for (const Episode& episode : episodes) own_episodes.insert(episode.id);
}

void Indexes::Resident::RememberOwn(Uuid item, int64_t generation) {
  if (own_generations.size() >= kMaxOwn) own_generations.clear();
  int64_t& known = own_generations[item];
  known = std::max(known, generation);
}

bool Indexes::Resident::HasOwn(Uuid item, int64_t generation) const {
  auto found = own_generations.find(item);
  return found != own_generations.end() && found->second >= generation;
}

void Indexes::Resident::ForgetOwn(const store::OutboxEvent& event) {
  const auto id = ParseUuid(event.aggregate_id);
  if (!id) return;
  if (event.type == "episode.created" || event.type == "episode.updated") own_episodes.erase(*id);
  if (event.type == "episode.embedded" && HasOwn(*id, event.generation)) {
    if (own_generations[*id] == event.generation) own_generations.erase(*id);
  }
}

Task<> Indexes::Resident::WaitRestored() {
  while (restoring) co_await restored.async_wait(asio::as_tuple(asio::use_awaitable));
}

void Indexes::Resident::Remove(Uuid id) {
  index->Remove(id);
  if (work > 0) removed.insert(id);
}

Indexes::Work::~Work() {
  if (--resident_->work > 0) return;
  for (const Uuid& id : resident_->removed) resident_->index->Remove(id);
  resident_->removed.clear();
}

}  // namespace nexus::memory
