#include <algorithm>

#include "recall/attributes_image.h"
#include "recall/episode_table.h"

namespace nexus::recall {
namespace {

constexpr float kLongestPassage = 1 << 24;  // up to which floats count exactly

struct Sizes {
  uint32_t dimension = 0;
  uint32_t episodes = 0;
  uint32_t passages = 0;
  uint32_t rows = 0;
};

// What else is kept of an episode, in front of its attributes.
struct Record {
  Uuid id;
  int64_t version = 0;
  int64_t generation = 0;
  uint32_t passages = 0;
  uint32_t rows = 0;
};
static_assert(sizeof(Record) == sizeof(Uuid) + 2 * sizeof(int64_t) + 2 * sizeof(uint32_t));

struct PassageRecord {
  uint32_t begin = 0;
  uint32_t end = 0;
  float length = 0;
};

struct RowRecord {
  uint32_t begin = 0;
  uint32_t end = 0;
};

}  // namespace

// A table on its way into an image, or out of it. Episodes come one after the other, each with its
// passages and the places of its vectors; then the terms of all passages; then all vectors.
class EpisodeTable::Image {
 public:
  static void Write(const EpisodeTable& table, ImageWriter& writer) {
    const std::vector<uint32_t> slots = SlotsOf(table);
    const std::vector<uint32_t> rows = RowsOf(table, slots);
    std::vector<uint32_t> passages;
    for (uint32_t slot : slots) AppendPassages(table, slot, passages);
    writer.Put(Sizes{.dimension = static_cast<uint32_t>(table.vectors_.dimension()),
                     .episodes = static_cast<uint32_t>(slots.size()),
                     .passages = static_cast<uint32_t>(passages.size()),
                     .rows = static_cast<uint32_t>(rows.size())});
    for (uint32_t slot : slots) {
      if (!writer.is_wanted()) return;
      WriteEpisode(table, slot, writer);
    }
    table.words_.Write(writer, passages);
    for (uint32_t row : rows) {
      if (!writer.is_wanted()) return;
      table.vectors_.Write(writer, row);
    }
  }

  Image(EpisodeTable& table, ImageReader& reader) : table_(table), reader_(reader) {}

  void Read() {
    const auto sizes = reader_.Get<Sizes>();
    RefuseImageUnless(sizes.dimension == table_.vectors_.dimension(), "it has another dimension");
    const uint64_t least = sizes.episodes * sizeof(Record) +
                           sizes.passages * sizeof(PassageRecord) +
                           sizes.rows * (sizeof(RowRecord) + sizes.dimension * sizeof(float));
    RefuseImageUnless(least <= reader_.left(), "it counts more than it can hold");
    table_.entries_.reserve(sizes.episodes);
    table_.attributes_.reserve(sizes.episodes);
    table_.slots_.reserve(sizes.episodes);
    rows_.reserve(sizes.rows);
    for (uint32_t slot = 0; slot < sizes.episodes; ++slot) ReadEpisode();
    RefuseImageUnless(passages_.slots() == sizes.passages && rows_.size() == sizes.rows,
                      "it counts wrongly");
    for (Session& session : table_.sessions_) PutInOrder(session);
    for (uint32_t slot = 0; slot < sizes.episodes; ++slot) LinkWithin(slot);
    passages_.CountLengths();
    table_.words_ = WordIndex::Read(reader_, std::move(passages_));
    table_.vectors_ = VectorRows::Read(reader_, sizes.dimension, std::move(rows_));
  }

 private:
  static std::vector<uint32_t> SlotsOf(const EpisodeTable& table) {
    std::vector<uint32_t> slots;
    for (uint32_t slot = 0; slot < table.entries_.size(); ++slot) {
      if (table.entries_[slot].first_passage != kNone) slots.push_back(slot);
    }
    return slots;
  }

  static std::vector<uint32_t> RowsOf(const EpisodeTable& table,
                                      const std::vector<uint32_t>& slots) {
    std::vector<uint32_t> rows;
    for (uint32_t slot : slots) {
      for (uint32_t row = table.entries_[slot].first_row; row != kNone;
           row = table.vectors_.at(row).next) {
        rows.push_back(row);
      }
    }
    return rows;
  }

  static void AppendPassages(const EpisodeTable& table, uint32_t slot,
                             std::vector<uint32_t>& passages) {
    const Entry& entry = table.entries_[slot];
    uint32_t passage = entry.first_passage;
    passages.push_back(passage);
    while (passage != entry.last_passage) {
      passage = table.words_.passages().next(passage);
      passages.push_back(passage);
    }
  }

  static void WriteEpisode(const EpisodeTable& table, uint32_t slot, ImageWriter& writer) {
    const Entry& entry = table.entries_[slot];
    std::vector<uint32_t> passages;
    AppendPassages(table, slot, passages);
    const std::vector<uint32_t> rows = RowsOf(table, {slot});
    writer.Put(Record{.id = entry.id,
                      .version = entry.version,
                      .generation = entry.generation,
                      .passages = static_cast<uint32_t>(passages.size()),
                      .rows = static_cast<uint32_t>(rows.size())});
    WriteAttributes(writer, table.attributes_[slot]);
    for (uint32_t place : passages) {
      const PassageChain::Passage& passage = table.words_.passages().at(place);
      writer.Put(PassageRecord{passage.begin, passage.end, passage.length});
    }
    for (uint32_t row : rows) {
      writer.Put(RowRecord{table.vectors_.at(row).begin, table.vectors_.at(row).end});
    }
  }

  void ReadEpisode() {
    const auto record = reader_.Get<Record>();
    const auto slot = static_cast<uint32_t>(table_.entries_.size());
    RefuseImageUnless(table_.slots_.emplace(record.id, slot).second, "an episode comes twice");
    table_.entries_.emplace_back();
    table_.attributes_.emplace_back();
    table_.SetAttributes(slot, ReadAttributes(reader_));
    Entry& entry = table_.entries_[slot];
    entry.id = record.id;
    entry.occurred_at = table_.attributes_[slot].occurred_at;
    entry.version = record.version;
    entry.generation = record.generation;
    ReadPassages(record.passages, slot);
    ReadRows(record.rows, slot);
    if (const auto& name = table_.attributes_[slot].session_id; name && !name->empty()) {
      entry.session = table_.SessionNamed(*name);
      table_.sessions_[entry.session].episodes.push_back(slot);
    }
  }

  void ReadPassages(uint32_t count, uint32_t slot) {
    RefuseImageUnless(count > 0, "an episode has no passage");
    Entry& entry = table_.entries_[slot];
    entry.first_passage = static_cast<uint32_t>(passages_.slots());
    for (; count > 0; --count) {
      const auto record = reader_.Get<PassageRecord>();
      RefuseImageUnless(record.length >= 0 && record.length <= kLongestPassage,
                        "a passage has no length");
      entry.last_passage = passages_.Append({slot, record.begin, record.end, record.length});
      entry.content_end = record.end;
    }
  }

  void ReadRows(uint32_t count, uint32_t slot) {
    if (count == 0) return;
    table_.entries_[slot].first_row = static_cast<uint32_t>(rows_.size());
    for (; count > 0; --count) {
      const auto record = reader_.Get<RowRecord>();
      const auto behind = static_cast<uint32_t>(rows_.size() + 1);
      rows_.push_back({slot, record.begin, record.end, count > 1 ? behind : kNone});
    }
    ++table_.embedded_;
  }

  void PutInOrder(Session& session) {
    std::ranges::sort(session.episodes,
                      [this](uint32_t a, uint32_t b) { return table_.IsBefore(a, b); });
    for (size_t i = 1; i < session.episodes.size(); ++i) {
      passages_.Link(table_.entries_[session.episodes[i - 1]].last_passage,
                     table_.entries_[session.episodes[i]].first_passage);
    }
  }

  void LinkWithin(uint32_t slot) {
    const Entry& entry = table_.entries_[slot];
    for (uint32_t passage = entry.first_passage; passage != entry.last_passage; ++passage) {
      passages_.Link(passage, passage + 1);
    }
  }

  EpisodeTable& table_;
  ImageReader& reader_;
  PassageChain passages_;
  std::vector<VectorRows::Row> rows_;
};

void EpisodeTable::Write(ImageWriter& writer) const { Image::Write(*this, writer); }

EpisodeTable EpisodeTable::Read(ImageReader& reader, size_t dimension) {
  EpisodeTable made(dimension);
  Image(made, reader).Read();
  return made;
}

}  // namespace nexus::recall
