// The episodes of a brain: which passages and vectors each has, and where it stands in its session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "recall/brain_index.h"
#include "recall/image.h"
#include "recall/vector_rows.h"
#include "recall/word_index.h"

namespace nexus::recall {

// Not thread-safe; const functions may run at the same time.
class EpisodeTable {
 public:
  struct Entry {
    Uuid id;
    Timestamp occurred_at;
    int64_t version = 0;
    int64_t generation = std::numeric_limits<int64_t>::min();  // of its vectors
    uint32_t session = kNone;                                  // also of an unused entry
    uint32_t first_passage = kNone;                            // kNone: the entry is unused
    uint32_t last_passage = kNone;  // the others are between the two, in the order of `words()`
    uint32_t first_row = kNone;     // of `vectors()`; kNone: no vectors yet
    uint32_t content_end = 0;       // bytes
  };

  explicit EpisodeTable(size_t dimension) : vectors_(dimension) {}

  // As BrainIndex promises.
  void Put(PreparedEpisode episode);
  bool SetVectors(Uuid id, int64_t generation, std::span<const ChunkVector> chunks);
  void Remove(Uuid id);

  // All that is there, in any order. Read throws what the reader throws, and leaves it to the
  // caller to look whether there is more behind it.
  void Write(ImageWriter& writer) const;
  static EpisodeTable Read(ImageReader& reader, size_t dimension);

  const std::vector<Entry>& entries() const { return entries_; }  // also unused ones
  const Attributes& attributes(uint32_t entry) const { return attributes_[entry]; }
  size_t sessions() const { return sessions_.size(); }  // also unused ones
  // The entries of a session, by (occurred_at, id).
  std::span<const uint32_t> session(uint32_t number) const { return sessions_[number].episodes; }
  const WordIndex& words() const { return words_; }
  const VectorRows& vectors() const { return vectors_; }

  size_t size() const { return slots_.size(); }
  size_t embedded() const { return embedded_; }
  size_t resident_bytes() const;

 private:
  struct Session {
    std::string name;
    std::vector<uint32_t> episodes;  // by (occurred_at, id)
  };
  struct Neighbours {
    uint32_t previous = kNone;  // passages
    uint32_t next = kNone;
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  class Image;
  uint32_t NewSlot(Uuid id);
  void SetAttributes(uint32_t slot, Attributes attributes);
  void AddPassages(uint32_t slot, const PreparedEpisode& episode);
  void RemovePassages(uint32_t slot);
  void RemoveVectors(uint32_t slot);
  Neighbours Join(uint32_t slot, const std::string& session);
  void Leave(uint32_t slot);
  std::vector<uint32_t>::iterator Place(Session& session, uint32_t slot);
  uint32_t SessionNamed(const std::string& name);
  bool IsBefore(uint32_t slot, uint32_t other) const;  // in a session

  WordIndex words_;
  VectorRows vectors_;
  std::vector<Entry> entries_;
  std::vector<Attributes> attributes_;  // of each entry
  size_t attribute_bytes_ = 0;          // on the heap
  std::vector<uint32_t> free_entries_;
  std::unordered_map<Uuid, uint32_t> slots_;
  std::vector<Session> sessions_;
  std::vector<uint32_t> free_sessions_;
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> session_ids_;
  size_t embedded_ = 0;
};

}  // namespace nexus::recall
