#include "recall/brain_index.h"

#include <unordered_map>
#include <utility>

#include "recall/episode_table.h"
#include "recall/ranking.h"
#include "text/chunks.h"
#include "text/indexed_text.h"

namespace nexus::recall {
namespace {

PreparedEpisode::Passage PreparePassage(const Episode& episode, text::TextRange range) {
  std::string_view content(episode.content);
  std::string indexed = text::IndexedText(episode.speaker, episode.occurred_at,
                                          content.substr(range.begin, range.end - range.begin));
  std::unordered_map<std::string, float> counts;
  PreparedEpisode::Passage passage{.begin = static_cast<uint32_t>(range.begin),
                                   .end = static_cast<uint32_t>(range.end)};
  for (std::string& term : text::DocumentTerms(indexed)) {
    ++counts[std::move(term)];
    ++passage.length;
  }
  passage.frequency.assign(counts.begin(), counts.end());
  return passage;
}

}  // namespace

PreparedEpisode Prepare(const Episode& episode) {
  PreparedEpisode prepared{.id = episode.id,
                           .occurred_at = episode.occurred_at,
                           .session = episode.session_id.value_or(""),
                           .version = episode.version};
  std::vector<text::TextRange> ranges = text::Passages(episode.content, kPassageBytes);
  if (ranges.empty()) ranges.push_back({});
  prepared.passages.reserve(ranges.size());
  for (text::TextRange range : ranges) prepared.passages.push_back(PreparePassage(episode, range));
  return prepared;
}

struct BrainIndex::State {
  EpisodeTable episodes;
};

BrainIndex::BrainIndex(size_t dimension)
    : state_(std::make_unique<State>(EpisodeTable(dimension))) {}

BrainIndex::~BrainIndex() = default;

std::shared_lock<std::shared_mutex> BrainIndex::LockToRead() const {
  std::lock_guard turn(guards_turn_);
  return std::shared_lock(guards_state_);
}

std::unique_lock<std::shared_mutex> BrainIndex::LockToWrite() {
  std::lock_guard turn(guards_turn_);
  return std::unique_lock(guards_state_);
}

void BrainIndex::Put(PreparedEpisode episode) {
  auto lock = LockToWrite();
  state_->episodes.Put(std::move(episode));
}

bool BrainIndex::SetVectors(Uuid id, int64_t generation, std::span<const ChunkVector> chunks) {
  auto lock = LockToWrite();
  return state_->episodes.SetVectors(id, generation, chunks);
}

void BrainIndex::Remove(Uuid id) {
  auto lock = LockToWrite();
  state_->episodes.Remove(id);
}

std::vector<Hit> BrainIndex::Search(const Question& question) const {
  auto lock = LockToRead();
  return Rank(state_->episodes, question);
}

size_t BrainIndex::size() const {
  auto lock = LockToRead();
  return state_->episodes.size();
}

size_t BrainIndex::embedded() const {
  auto lock = LockToRead();
  return state_->episodes.embedded();
}

size_t BrainIndex::resident_bytes() const {
  auto lock = LockToRead();
  return state_->episodes.resident_bytes();
}

}  // namespace nexus::recall
