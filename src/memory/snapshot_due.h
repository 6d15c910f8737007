// When a brain's snapshot is to be written anew: seldom, since it is as large as the index, and a
// snapshot that is a little behind is caught up with quickly. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace nexus::memory {

struct SnapshotPolicy {
  size_t least_episodes = 1'000;  // with fewer, rows are loaded about as fast
  // So many changes are worth a new one: this, or this share of the episodes if that is more.
  uint64_t changes = 256;
  size_t share_of_episodes = 16;       // one in so many
  std::chrono::seconds age{15 * 60};   // then any change is
  std::chrono::seconds quiet{5};       // without a change, before it is written
  std::chrono::seconds patience{600};  // then it is written though changes go on
};

enum class SnapshotStep {
  kNothing,
  kMove,        // the file is still true: only its position has aged
  kWriteIfLet,  // giving way to changes
  kWrite,
};

// Of one index, since it was loaded.
class SnapshotDue {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // How the index is when it is looked at.
  struct Sight {
    size_t episodes = 0;
    uint64_t changes = 0;  // recall::BrainIndex::changes
    bool has_file = false;
  };

  // The file holds the index as it was after so many changes; or it was loaded from rows.
  void Saved(uint64_t changes, TimePoint now);
  // It could not be written: not again before policy.age has passed.
  void Failed(TimePoint now) { failed_at_ = now; }
  SnapshotStep Look(const SnapshotPolicy& policy, const Sight& sight, TimePoint now);
  // Whether there is something to write before the end.
  SnapshotStep LookLast(const SnapshotPolicy& policy, const Sight& sight, TimePoint now) const;

 private:
  bool IsWorthIt(const SnapshotPolicy& policy, const Sight& sight, TimePoint now) const;

  uint64_t saved_changes_ = 0;
  TimePoint saved_at_;
  uint64_t seen_changes_ = 0;
  TimePoint changed_at_;                // as far as it was seen
  std::optional<TimePoint> due_since_;  // since then it is worth it
  std::optional<TimePoint> failed_at_;
};

}  // namespace nexus::memory
