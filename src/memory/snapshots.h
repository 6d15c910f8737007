// The snapshot files of this node: which there are, and that none of them keeps what was erased.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/task.h"
#include "memory/feed_position.h"
#include "memory/snapshot_due.h"
#include "memory/snapshot_file.h"
#include "recall/brain_index.h"
#include "store/outbox.h"
#include "store/spaces.h"

namespace nexus::memory {

// A folder for one process alone. Throws Failure with a remedy: it cannot be made, others may look
// into it, or another process uses it.
class SnapshotFolder {
 public:
  explicit SnapshotFolder(std::filesystem::path path);
  ~SnapshotFolder();
  SnapshotFolder(const SnapshotFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

// Loop thread only; files are read on the compute pool, written and removed on a thread of their
// own. A file that cannot be used is removed, and the log says why.
class Snapshots {
 public:
  // Rows of the outbox that a start is ready to look through; what is farther behind is loaded
  // anew.
  static constexpr int64_t kMaxBehind = 200'000;
  static constexpr int64_t kLeastCatchUp = 1'000;  // events of one brain; else half its episodes

  struct Parts {
    store::Outbox& outbox;
    store::BrainsOutbox& brains_outbox;
    const FeedPosition& position;
    ComputePool& compute;
    Metrics& metrics;
    const Clock& clock;
  };
  struct Options {
    std::filesystem::path folder;  // of a SnapshotFolder that outlives this
    uint64_t max_bytes = 0;        // the files least recently used go beyond it
    std::string program;           // its version
    SnapshotPolicy policy;
  };

  Snapshots(Parts parts, Options options);
  Snapshots(const Snapshots&) = delete;

  // At the start, before the feed: what can be of no use goes, and so does what may hold an episode
  // that was deleted meanwhile.
  Task<> Open(std::vector<store::Space> spaces);

  bool Has(const SnapshotKey& key) const;
  const SnapshotPolicy& policy() const { return options_.policy; }

  // Fills an empty index, and returns what has happened since. nullopt: there is no file that is of
  // use, and the index is still empty.
  Task<std::optional<std::vector<store::OutboxEvent>>> Load(
      SnapshotKey key, std::string artefact, std::shared_ptr<recall::BrainIndex> index);

  // The index must hold everything up to the feed's position at this moment, and never again hold
  // what was removed before it. False: it was not written (WriteSnapshot says when, or it would be
  // too large), or the file was removed meanwhile. Throws Failure.
  Task<bool> Save(SnapshotKey key, std::string artefact,
                  std::shared_ptr<const recall::BrainIndex> index, bool yields);
  // The file is also true up to the feed's position now.
  Task<> Move(SnapshotKey key);

  // When these return, the files are gone, and those being written come to nothing. Throw Failure,
  // having removed what could be.
  Task<> Forget(Uuid brain);
  Task<> ForgetSpace(int64_t space);
  Task<> ForgetAll();
  // As Forget, for those among them whose file does not reach up to the event.
  Task<> ForgetErased(std::vector<store::OutboxEvent> events);

  // Waits until the feed has read all there is, so that a file which is written then is not behind
  // what this node did itself; not for long.
  Task<> AwaitFeed();

 private:
  struct File {
    SnapshotHeader header;
    uint64_t bytes = 0;  // 0: it is not there yet
    std::chrono::steady_clock::time_point used_at;
    std::shared_ptr<SnapshotPen> pen;  // while it is written; shared with the writer
  };
  using Files = std::map<SnapshotKey, File>;

  std::filesystem::path PathOf(const SnapshotKey& key) const;
  std::string FaultOf(const SnapshotHeader& header, const std::string& artefact,
                      const store::OutboxReach& reach) const;
  Task<std::string> FindFault(SnapshotKey key, std::string artefact,
                              std::shared_ptr<SnapshotReader>& reader);
  Task<> DiscardUseless(std::vector<store::Space> spaces);
  Task<> DiscardErased();
  Task<> Discard(SnapshotKey key, std::string why);
  Task<> ForgetIf(std::function<bool(const SnapshotKey&, const File&)> is_meant);
  Task<> KeepWithinBytes(SnapshotKey but);
  void Measure();

  Parts parts_;
  Options options_;
  std::string made_by_;
  std::string tables_;
  Files files_;
  ComputePool disk_{1, 10};
  Gauge& bytes_gauge_;
  Counter& written_;
  Counter& discarded_;
};

}  // namespace nexus::memory
