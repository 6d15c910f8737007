#include "memory/snapshots.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "recall/recipe.h"

namespace nexus::memory {
namespace {

constexpr std::string_view kLock = "lock";
constexpr std::chrono::milliseconds kAwaitFeed{1'000};

Failure FolderFailure(const std::filesystem::path& path, std::string_view why) {
  return {ErrorCode::kConflict, std::format("{} cannot hold snapshots: {}", path.native(), why),
          "choose another --snapshot-dir, or --snapshot-mib 0 for none"};
}

struct Found {
  SnapshotKey key;
  SnapshotHeader header;
  uint64_t bytes = 0;
  std::filesystem::file_time_type written_at;
};

// What of it cannot be read is removed.
std::vector<Found> List(const std::filesystem::path& folder) {
  std::vector<Found> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name == kLock) continue;
    try {
      if (!ParseSnapshotName(name)) throw Failure(ErrorCode::kInvalid, name + " is no snapshot");
      const SnapshotReader reader(entry.path());
      all.push_back(
          {reader.header().key, reader.header(), reader.bytes(), entry.last_write_time()});
    } catch (const std::exception& fault) {
      LogWarning("a snapshot is discarded", {{"file", name}, {"why", fault.what()}});
      RemoveSnapshot(entry.path(), nullptr);
    }
  }
  std::ranges::sort(all, {}, &Found::written_at);
  return all;
}

// Are all rows behind the position still there?
bool ReachesBack(const store::OutboxReach& reach, const SnapshotHeader& header, Timestamp now) {
  return now - header.read_at < store::kOutboxKeeps ||
         (reach.oldest && store::Covers(header.position, *reach.oldest));
}

bool IsErasure(const store::OutboxEvent& event) { return event.type == "episode.deleted"; }

}  // namespace

SnapshotFolder::SnapshotFolder(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code error;
  std::filesystem::create_directories(path_.parent_path(), error);
  if (mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST) {
    throw FolderFailure(path_, std::generic_category().message(errno));
  }
  struct stat status;
  if (lstat(path_.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    throw FolderFailure(path_, "it is no folder");
  }
  if (status.st_uid != geteuid() || (status.st_mode & 077) != 0) {
    throw FolderFailure(path_, "it must be this user's own, with the mode 0700");
  }
  lock_ = open((path_ / kLock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock_ < 0) throw FolderFailure(path_, std::generic_category().message(errno));
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    close(lock_);
    throw FolderFailure(path_, "another nexus uses it");
  }
}

SnapshotFolder::~SnapshotFolder() { close(lock_); }

Snapshots::Snapshots(Parts parts, Options options)
    : parts_(parts),
      options_(std::move(options)),
      made_by_(options_.program + " " + recall::RecipeDigest()),
      bytes_gauge_(parts.metrics.gauge("nexus_snapshot_bytes", "Size of the snapshot files.")),
      written_(
          parts.metrics.counter("nexus_snapshots_written_total", "Snapshots of indexes written.")),
      discarded_(parts.metrics.counter("nexus_snapshots_discarded_total",
                                       "Snapshots that could not be used.")) {}

std::filesystem::path Snapshots::PathOf(const SnapshotKey& key) const {
  return options_.folder / SnapshotName(key);
}

bool Snapshots::Has(const SnapshotKey& key) const {
  const auto found = files_.find(key);
  return found != files_.end() && found->second.bytes > 0;
}

Task<> Snapshots::Open(std::vector<store::Space> spaces) {
  tables_ = co_await parts_.outbox.IdentifyTables();
  const std::vector<Found> found =
      co_await parts_.compute.Run([folder = options_.folder] { return List(folder); });
  for (const Found& file : found) {
    files_[file.key] = {file.header, file.bytes, {}, nullptr};
    files_[file.key].used_at += std::chrono::nanoseconds(&file - found.data());
  }
  co_await DiscardUseless(std::move(spaces));
  co_await DiscardErased();
  co_await KeepWithinBytes({});
  Measure();
}

Task<> Snapshots::DiscardUseless(std::vector<store::Space> spaces) {
  const store::OutboxReach reach = co_await parts_.outbox.Reach(kMaxBehind);
  const bool has_space = std::ranges::any_of(spaces, &store::Space::is_living);
  const Files files = files_;
  for (const auto& [key, file] : files) {
    const auto space = std::ranges::find(spaces, key.space, &store::Space::id);
    const bool is_served =
        space != spaces.end() ? space->is_living() : key.space == 0 && !has_space;
    std::string why = is_served ? "" : "its embedding space is retired";
    if (why.empty()) {
      why = FaultOf(file.header, space != spaces.end() ? space->artefact_sha256 : "", reach);
    }
    if (!why.empty()) co_await Discard(key, std::move(why));
  }
}

Task<> Snapshots::DiscardErased() {
  if (files_.empty()) co_return;
  store::Position lowest = files_.begin()->second.header.position;
  for (const auto& [key, file] : files_) {
    if (store::Covers(lowest, file.header.position)) lowest = file.header.position;
  }
  for (const store::Erasure& erasure : co_await parts_.outbox.LastErasures(lowest)) {
    const Files files = files_;
    for (const auto& [key, file] : files) {
      if (key.brain != erasure.brain || store::Covers(file.header.position, erasure.place))
        continue;
      co_await Discard(key, "an episode was deleted since");
    }
  }
}

std::string Snapshots::FaultOf(const SnapshotHeader& header, const std::string& artefact,
                               const store::OutboxReach& reach) const {
  if (header.origin.artefact != artefact) return "it was made with another model";
  if (header.origin.made_by != made_by_) return "another program made it";
  if (header.origin.tables != tables_) return "the database has other tables";
  if (!store::Continues(header.position, parts_.position.reached())) {
    return "the database has another history";
  }
  if (!ReachesBack(reach, header, parts_.clock.Now())) {
    return "the outbox does not reach back so far";
  }
  if (reach.floor && !store::Covers(header.position, *reach.floor)) {
    return "too much has happened since";
  }
  return "";
}

// Empty, and the open file, if it can be used.
Task<std::string> Snapshots::FindFault(SnapshotKey key, std::string artefact,
                                       std::shared_ptr<SnapshotReader>& reader) {
  try {
    reader = co_await parts_.compute.Run(
        [path = PathOf(key)] { return std::make_shared<SnapshotReader>(path); });
  } catch (const Failure& failure) {
    co_return failure.what();
  }
  co_return FaultOf(reader->header(), artefact, co_await parts_.outbox.Reach(kMaxBehind));
}

Task<std::optional<std::vector<store::OutboxEvent>>> Snapshots::Load(
    SnapshotKey key, std::string artefact, std::shared_ptr<recall::BrainIndex> index) {
  if (!Has(key)) co_return std::nullopt;
  std::shared_ptr<SnapshotReader> reader;
  std::string fault = co_await FindFault(key, std::move(artefact), reader);
  std::vector<store::OutboxEvent> events;
  if (fault.empty()) {
    const SnapshotHeader& header = reader->header();
    const int64_t most = std::max(kLeastCatchUp, header.episodes / 2);
    events = co_await parts_.brains_outbox.Read(key.brain, header.position, most + 1);
    if (std::ssize(events) > most) fault = "too much has happened since";
#ifdef NEXUS_MUTANT_SNAPSHOT_WITHOUT_POSITION
    events.clear();
#endif
  }
  if (fault.empty()) {
    try {
      co_await parts_.compute.Run([reader, index] {
        reader->ReadInto(*index);
        return true;
      });
    } catch (const Failure& failure) {
      fault = failure.what();
    }
  }
  if (!fault.empty()) {
    co_await Discard(key, std::move(fault));
    co_return std::nullopt;
  }
  if (const auto file = files_.find(key); file != files_.end()) {
    file->second.used_at = std::chrono::steady_clock::now();
  }
  co_return events;
}

Task<bool> Snapshots::Save(SnapshotKey key, std::string artefact,
                           std::shared_ptr<const recall::BrainIndex> index, bool yields) {
  if (index->resident_bytes() > options_.max_bytes) co_return false;
  const SnapshotHeader header{.key = key,
                              .origin = {std::move(artefact), made_by_, tables_},
                              .position = parts_.position.reached(),
                              .read_at = parts_.clock.Now(),
                              .episodes = static_cast<int64_t>(index->size())};
  auto pen = std::make_shared<SnapshotPen>();
  files_[key].pen = pen;
  bool is_written = false;
  std::exception_ptr failure;
  try {
    is_written = co_await disk_.Run([path = PathOf(key), header, index, yields, pen] {
      return WriteSnapshot(path, header, *index, yields, *pen);
    });
  } catch (...) {
    failure = std::current_exception();
  }
  const auto file = files_.find(key);
  if (file == files_.end() || file->second.pen != pen) co_return false;
  file->second.pen.reset();
  if (is_written) {
    file->second = {header, std::filesystem::file_size(PathOf(key)),
                    std::chrono::steady_clock::now(), nullptr};
    written_.Add();
  } else if (file->second.bytes == 0) {
    files_.erase(file);
  }
  if (failure) std::rethrow_exception(failure);
  co_await KeepWithinBytes(key);
  Measure();
  co_return is_written;
}

Task<> Snapshots::Move(SnapshotKey key) {
  if (!Has(key)) co_return;
  SnapshotHeader header = files_.at(key).header;
  header.position = parts_.position.reached();
  header.read_at = parts_.clock.Now();
  co_await disk_.Run([path = PathOf(key), header] {
    MoveSnapshot(path, header);
    return true;
  });
  if (Has(key)) files_.at(key).header = header;
}

Task<> Snapshots::Discard(SnapshotKey key, std::string why) {
  LogWarning("a snapshot is discarded", {{"file", SnapshotName(key)}, {"why", why}});
  discarded_.Add();
  try {
    co_await ForgetIf([key](const SnapshotKey& other, const File&) { return other == key; });
  } catch (const Failure& failure) {
    LogError("a discarded snapshot is still there", {{"error", failure.what()}});
  }
}

Task<> Snapshots::ForgetIf(std::function<bool(const SnapshotKey&, const File&)> is_meant) {
  std::vector<std::pair<std::filesystem::path, std::shared_ptr<SnapshotPen>>> gone;
  std::erase_if(files_, [&](auto& entry) {
    if (!is_meant(entry.first, entry.second)) return false;
    gone.emplace_back(PathOf(entry.first), std::move(entry.second.pen));
    return true;
  });
  if (gone.empty()) co_return;
  Measure();
  const std::string trouble = co_await parts_.compute.Run([gone = std::move(gone)] {
    std::string last;
    for (const auto& [path, pen] : gone) {
      try {
        RemoveSnapshot(path, pen.get());
      } catch (const Failure& failure) {
        last = failure.what();
      }
    }
    return last;
  });
  if (trouble.empty()) co_return;
  throw Failure(ErrorCode::kInternal, trouble,
                "remove the file: it may hold words of what was deleted");
}

Task<> Snapshots::Forget(Uuid brain) {
  return ForgetIf([brain](const SnapshotKey& key, const File&) {
#ifdef NEXUS_MUTANT_SNAPSHOT_AFTER_ERASURE
    return key.brain == brain && key.space < 0;
#else
    return key.brain == brain;
#endif
  });
}

Task<> Snapshots::ForgetSpace(int64_t space) {
  return ForgetIf([space](const SnapshotKey& key, const File&) { return key.space == space; });
}

// The tables may be others, too.
Task<> Snapshots::ForgetAll() {
  co_await ForgetIf([](const SnapshotKey&, const File&) { return true; });
  tables_ = co_await parts_.outbox.IdentifyTables();
}

Task<> Snapshots::ForgetErased(std::vector<store::OutboxEvent> events) {
  std::erase_if(events, [](const store::OutboxEvent& event) { return !IsErasure(event); });
#ifdef NEXUS_MUTANT_SNAPSHOT_AFTER_ERASURE
  events.clear();
#endif
  if (events.empty() || files_.empty()) co_return;
  co_await ForgetIf([&events](const SnapshotKey& key, const File& file) {
    return std::ranges::any_of(events, [&](const store::OutboxEvent& event) {
      return event.brain == key.brain &&
             (file.pen || !store::Covers(file.header.position, {"", event.xid, event.seq}));
    });
  });
}

Task<> Snapshots::KeepWithinBytes(SnapshotKey but) {
  uint64_t bytes = 0;
  for (const auto& [key, file] : files_) bytes += file.bytes;
  while (bytes > options_.max_bytes) {
    const Files::iterator oldest = std::ranges::min_element(files_, {}, [&](const auto& entry) {
      const bool stays = entry.first == but || entry.second.pen;
      return std::pair(stays, entry.second.used_at);
    });
    if (oldest == files_.end() || oldest->first == but || oldest->second.pen) co_return;
    bytes -= oldest->second.bytes;
    co_await ForgetIf(
        [key = oldest->first](const SnapshotKey& other, const File&) { return other == key; });
  }
}

void Snapshots::Measure() {
  uint64_t bytes = 0;
  for (const auto& [key, file] : files_) bytes += file.bytes;
  bytes_gauge_.Set(static_cast<double>(bytes));
}

Task<> Snapshots::AwaitFeed() {
  const store::OutboxReach reach = co_await parts_.outbox.Reach(0);
  if (!reach.floor) co_return;
  store::Position last = *reach.floor;
  last.epoch = parts_.position.reached().epoch;
  co_await parts_.position.WaitFor(std::move(last), kAwaitFeed);
}

}  // namespace nexus::memory
