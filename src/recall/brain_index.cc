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
  PreparedEpisode prepared{
      .id = episode.id, .attributes = AttributesOf(episode), .version = episode.version};
  std::vector<text::TextRange> ranges = text::Passages(episode.content, kPassageBytes);
  if (ranges.empty()) ranges.push_back({});
  prepared.passages.reserve(ranges.size());
  for (text::TextRange range : ranges) prepared.passages.push_back(PreparePassage(episode, range));
  return prepared;
}

struct BrainIndex::State {
  size_t dimension;
  EpisodeTable episodes;
};

BrainIndex::BrainIndex(size_t dimension)
    : state_(std::make_unique<State>(dimension, EpisodeTable(dimension))),
      resident_bytes_(state_->episodes.resident_bytes()) {}

BrainIndex::~BrainIndex() = default;

std::shared_lock<std::shared_mutex> BrainIndex::LockToRead() const {
  std::lock_guard turn(guards_turn_);
  return std::shared_lock(guards_state_);
}

// The table, locked to write; what it takes is measured at the end.
class BrainIndex::Change {
 public:
  explicit Change(BrainIndex& index) : index_(index) {
    ++index.waiting_changes_;
    std::lock_guard turn(index.guards_turn_);
    lock_ = std::unique_lock(index.guards_state_);
    --index.waiting_changes_;
  }
  ~Change() {
    index_.resident_bytes_ = index_.state_->episodes.resident_bytes();
    index_.size_ = index_.state_->episodes.size();
    ++index_.changes_;
  }
  EpisodeTable* operator->() { return &index_.state_->episodes; }
  EpisodeTable& operator*() { return index_.state_->episodes; }

 private:
  BrainIndex& index_;
  std::unique_lock<std::shared_mutex> lock_;
};

void BrainIndex::Put(PreparedEpisode episode) { Change(*this)->Put(std::move(episode)); }

bool BrainIndex::SetVectors(Uuid id, int64_t generation, std::span<const ChunkVector> chunks) {
  return Change(*this)->SetVectors(id, generation, chunks);
}

void BrainIndex::Remove(Uuid id) { Change(*this)->Remove(id); }

std::vector<Hit> BrainIndex::Search(const Question& question) const {
  auto lock = LockToRead();
  return Rank(state_->episodes, question);
}

bool BrainIndex::Write(const ByteSink& sink, bool yields) const {
  auto lock = LockToRead();
  const ByteSink if_none_waits = [&](std::span<const std::byte> bytes) {
    return !(yields && waiting_changes_ > 0) && sink(bytes);
  };
  ImageWriter writer(if_none_waits);
  state_->episodes.Write(writer);
  return writer.Finish();
}

void BrainIndex::Read(ImageReader& reader) {
  EpisodeTable read = EpisodeTable::Read(reader, state_->dimension);
  reader.Finish();
  *Change(*this) = std::move(read);
}

uint64_t BrainIndex::changes() const { return changes_; }

size_t BrainIndex::size() const { return size_; }

size_t BrainIndex::embedded() const {
  auto lock = LockToRead();
  return state_->episodes.embedded();
}

size_t BrainIndex::resident_bytes() const { return resident_bytes_; }

}  // namespace nexus::recall
