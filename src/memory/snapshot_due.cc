#include "memory/snapshot_due.h"

#include <algorithm>

namespace nexus::memory {

void SnapshotDue::Saved(uint64_t changes, TimePoint now) {
  saved_changes_ = seen_changes_ = changes;
  saved_at_ = changed_at_ = now;
  due_since_.reset();
  failed_at_.reset();
}

bool SnapshotDue::IsWorthIt(const SnapshotPolicy& policy, const Sight& sight, TimePoint now) const {
  if (sight.episodes < policy.least_episodes) return false;
  if (!sight.has_file) return true;
  const uint64_t changes = sight.changes - saved_changes_;
  if (changes == 0) return false;
  const uint64_t many =
      std::max<uint64_t>(policy.changes, sight.episodes / policy.share_of_episodes);
  return changes >= many || now - saved_at_ >= policy.age;
}

SnapshotStep SnapshotDue::Look(const SnapshotPolicy& policy, const Sight& sight, TimePoint now) {
  if (sight.changes != seen_changes_) {
    seen_changes_ = sight.changes;
    changed_at_ = now;
  }
  if (failed_at_ && now - *failed_at_ < policy.age) return SnapshotStep::kNothing;
  if (!IsWorthIt(policy, sight, now)) {
    due_since_.reset();
    const bool has_aged =
        sight.has_file && sight.changes == saved_changes_ && now - saved_at_ >= policy.age;
    return has_aged ? SnapshotStep::kMove : SnapshotStep::kNothing;
  }
  if (!due_since_) due_since_ = now;
  if (now - changed_at_ >= policy.quiet) return SnapshotStep::kWriteIfLet;
  return now - *due_since_ >= policy.patience ? SnapshotStep::kWrite : SnapshotStep::kNothing;
}

SnapshotStep SnapshotDue::LookLast(const SnapshotPolicy& policy, const Sight& sight,
                                   TimePoint now) const {
  return IsWorthIt(policy, sight, now) ? SnapshotStep::kWrite : SnapshotStep::kNothing;
}

}  // namespace nexus::memory
