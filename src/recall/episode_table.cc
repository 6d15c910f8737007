#include "recall/episode_table.h"

#include <algorithm>
#include <cassert>
#include <ranges>
#include <tuple>
#include <utility>

namespace nexus::recall {

void EpisodeTable::Put(PreparedEpisode episode) {
  assert(!episode.passages.empty());
  auto found = slots_.find(episode.id);
  if (found != slots_.end()) {
    if (entries_[found->second].version > episode.version) return;
    RemovePassages(found->second);
  }
  uint32_t slot = found != slots_.end() ? found->second : NewSlot(episode.id);
  Entry& entry = entries_[slot];
  entry.occurred_at = episode.attributes.occurred_at;
  entry.version = episode.version;
  entry.content_end = episode.passages.back().end;
  AddPassages(slot, episode);
  SetAttributes(slot, std::move(episode.attributes));
}

bool EpisodeTable::SetVectors(Uuid id, int64_t generation, std::span<const ChunkVector> chunks) {
  auto found = slots_.find(id);
  if (found == slots_.end()) return false;
  uint32_t slot = found->second;
  if (entries_[slot].generation > generation) return true;
  RemoveVectors(slot);
  uint32_t next = kNone;
  for (const ChunkVector& chunk : std::views::reverse(chunks)) {
    next = vectors_.Add({slot, chunk.begin, chunk.end, next}, chunk.values);
  }
  entries_[slot].first_row = next;
  entries_[slot].generation = generation;
  if (next != kNone) ++embedded_;
  return true;
}

void EpisodeTable::Remove(Uuid id) {
  auto found = slots_.find(id);
  if (found == slots_.end()) return;
  uint32_t slot = found->second;
  RemovePassages(slot);
  RemoveVectors(slot);
  SetAttributes(slot, {});
  entries_[slot] = {};
  free_entries_.push_back(slot);
  slots_.erase(found);
}

uint32_t EpisodeTable::NewSlot(Uuid id) {
  uint32_t slot = static_cast<uint32_t>(entries_.size());
  if (free_entries_.empty()) {
    entries_.emplace_back();
    attributes_.emplace_back();
  } else {
    slot = free_entries_.back();
    free_entries_.pop_back();
  }
  entries_[slot].id = id;
  slots_.emplace(id, slot);
  return slot;
}

void EpisodeTable::SetAttributes(uint32_t slot, Attributes attributes) {
  attribute_bytes_ -= attributes_[slot].heap_bytes();
  attributes_[slot] = std::move(attributes);
  attribute_bytes_ += attributes_[slot].heap_bytes();
}

void EpisodeTable::AddPassages(uint32_t slot, const PreparedEpisode& episode) {
  auto [previous, next] = Join(slot, episode.attributes.session_id.value_or(""));
  Entry& entry = entries_[slot];
  for (const PreparedEpisode::Passage& passage : episode.passages) {
    previous = words_.Insert({slot, passage.begin, passage.end, passage.length}, passage.frequency,
                             previous, next);
    if (entry.first_passage == kNone) entry.first_passage = previous;
  }
  entry.last_passage = previous;
}

void EpisodeTable::RemovePassages(uint32_t slot) {
  Leave(slot);
  Entry& entry = entries_[slot];
  uint32_t passage = entry.first_passage;
  for (bool is_last = false; !is_last;) {
    uint32_t next = words_.passages().next(passage);
    is_last = passage == entry.last_passage;
    words_.Remove(passage);
    passage = next;
  }
  entry.first_passage = entry.last_passage = kNone;
}

void EpisodeTable::RemoveVectors(uint32_t slot) {
  if (entries_[slot].first_row == kNone) return;
  vectors_.RemoveFrom(entries_[slot].first_row);
  entries_[slot].first_row = kNone;
  --embedded_;
}

// Finds the passages between which those of the episode belong.
EpisodeTable::Neighbours EpisodeTable::Join(uint32_t slot, const std::string& name) {
  if (name.empty()) return {};
  entries_[slot].session = SessionNamed(name);
  Session& session = sessions_[entries_[slot].session];
  auto place = session.episodes.insert(Place(session, slot), slot);
  Neighbours neighbours;
  if (place != session.episodes.begin()) {
    neighbours.previous = entries_[*std::prev(place)].last_passage;
  }
  if (++place != session.episodes.end()) neighbours.next = entries_[*place].first_passage;
  return neighbours;
}

uint32_t EpisodeTable::SessionNamed(const std::string& name) {
  auto [id, is_new] = session_ids_.try_emplace(name, 0);
  if (!is_new) return id->second;
  id->second = static_cast<uint32_t>(sessions_.size());
  if (free_sessions_.empty()) {
    sessions_.emplace_back();
  } else {
    id->second = free_sessions_.back();
    free_sessions_.pop_back();
  }
  sessions_[id->second].name = name;
  return id->second;
}

void EpisodeTable::Leave(uint32_t slot) {
  uint32_t id = std::exchange(entries_[slot].session, kNone);
  if (id == kNone) return;
  Session& session = sessions_[id];
  session.episodes.erase(Place(session, slot));
  if (!session.episodes.empty()) return;
  session_ids_.erase(session.name);
  session = {};
  free_sessions_.push_back(id);
}

std::vector<uint32_t>::iterator EpisodeTable::Place(Session& session, uint32_t slot) {
  return std::ranges::lower_bound(session.episodes, slot,
                                  [this](uint32_t a, uint32_t b) { return IsBefore(a, b); });
}

bool EpisodeTable::IsBefore(uint32_t slot, uint32_t other) const {
  return std::tie(entries_[slot].occurred_at, entries_[slot].id) <
         std::tie(entries_[other].occurred_at, entries_[other].id);
}

size_t EpisodeTable::resident_bytes() const {
  constexpr size_t kBytesPerEpisode =
      (sizeof(Entry) + sizeof(Attributes)) * 3 / 2 + 48 + sizeof(uint32_t);
  constexpr size_t kBytesPerSession = sizeof(Session) + 128;
  return words_.resident_bytes() + vectors_.resident_bytes() + attribute_bytes_ +
         slots_.size() * kBytesPerEpisode + session_ids_.size() * kBytesPerSession;
}

}  // namespace nexus::recall
