// A brain's index in a file, so that after a start it need not be built from rows again. It is a
// cache: what is in doubt about it is thrown away.
//
// The file: a block of kHeaderBytes with its own SHA-256, which tells of what it is an image and up
// to where in the outbox that is true; then the image (recall/image.h); then the image's SHA-256.
// It holds words and vectors of memories and is readable by its owner alone.
//
// Everything here blocks; it is for compute pools.
#pragma once

#include <atomic>
#include <compare>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/uuid.h"
#include "recall/brain_index.h"
#include "store/outbox.h"

namespace nexus::memory {

inline constexpr size_t kSnapshotHeaderBytes = 4096;

struct SnapshotKey {
  int64_t space = 0;
  Uuid brain;

  auto operator<=>(const SnapshotKey&) const = default;
};

// What must be the same today, but for the position.
struct SnapshotOrigin {
  std::string artefact;  // the model's digest
  std::string made_by;   // the program, and the digest of recall's recipe
  std::string tables;    // store::Outbox::IdentifyTables

  bool operator==(const SnapshotOrigin&) const = default;
};

struct SnapshotHeader {
  SnapshotKey key;
  SnapshotOrigin origin;
  store::Position position;  // what was committed up to there, it holds
  Timestamp read_at;         // when that position was reached
  int64_t episodes = 0;

  bool operator==(const SnapshotHeader& other) const;
};

// "SPACE-BRAIN.index".
std::string SnapshotName(const SnapshotKey& key);
// nullopt: another file.
std::optional<SnapshotKey> ParseSnapshotName(std::string_view name);

// Between the one who writes a file and those who want it gone, on any thread.
struct SnapshotPen {
  std::mutex guards;  // the file's name
  bool is_taken_away = false;
};

// Under another name until it is whole and on the disk. False: the pen was taken away, or the index
// gave up (BrainIndex::Write with `yields`); nothing is left behind. Throws Failure.
bool WriteSnapshot(const std::filesystem::path& path, const SnapshotHeader& header,
                   const recall::BrainIndex& index, bool yields, SnapshotPen& pen);

// The same image is true up to another position: the header alone is written. Throws Failure.
void MoveSnapshot(const std::filesystem::path& path, const SnapshotHeader& header);

// Once this returns, neither the file nor a half-written one is there, also after a power loss.
// What is being written with the pen (may be null) ends in nothing. Throws Failure.
void RemoveSnapshot(const std::filesystem::path& path, SnapshotPen* pen);

// An open file.
class SnapshotReader {
 public:
  // Throws Failure if it cannot be read, or its header is none.
  explicit SnapshotReader(const std::filesystem::path& path);
  ~SnapshotReader();
  SnapshotReader(const SnapshotReader&) = delete;

  const SnapshotHeader& header() const { return header_; }
  uint64_t bytes() const { return bytes_; }
  // Once. Throws Failure if what it holds is not, to the last bit, what was written.
  void ReadInto(recall::BrainIndex& index);

 private:
  class Body;

  int file_ = -1;
  uint64_t bytes_ = 0;  // of the file
  SnapshotHeader header_;
};

}  // namespace nexus::memory
