#include "stack/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>

#include "base/bytes.h"
#include "stack/system_failure.h"

namespace nexus::stack {

namespace {

constexpr std::string_view kLongestSocketName = ".s.PGSQL.5432";

// What may lie in a folder that is still nobody's: the root of a disk, and our own first steps.
constexpr std::array<std::string_view, 3> kNeutralNames = {"lost+found", "lock",
                                                           "NEXUS_VERSION.new"};

bool NeedsNoQuoting(const std::string& path) {
  return std::ranges::all_of(path, [](unsigned char c) {
    return std::isalnum(c) || c == '/' || c == '.' || c == '_' || c == '-' || c == '+';
  });
}

std::string FirstLine(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::filesystem::path WithoutLinks(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path absolute =
      std::filesystem::weakly_canonical(std::filesystem::absolute(path), error);
  if (error) throw SystemFailure("look at", path, error.value());
  return absolute.has_filename() ? absolute : absolute.parent_path();
}

void MakeRoot(const std::filesystem::path& root) {
  std::error_code error;
  std::filesystem::create_directories(root.parent_path(), error);
  if (error) throw SystemFailure("make", root.parent_path(), error.value());
  // The servers' user has to get through to its own folders; what else is inside has its own mode.
  const mode_t mode = geteuid() == 0 ? 0711 : 0700;
  if (mkdir(root.c_str(), mode) == 0) return;
  if (errno != EEXIST) throw SystemFailure("make", root, errno);
  struct stat status;
  if (stat(root.c_str(), &status) != 0) throw SystemFailure("look at", root, errno);
  if (!S_ISDIR(status.st_mode)) throw SystemFailure("use", root, ENOTDIR);
}

// The given folder may be one that only root can enter.
void OpenForServers(const std::filesystem::path& root) {
  struct stat status;
  if (geteuid() != 0 || stat(root.c_str(), &status) != 0 || status.st_uid != 0) return;
  if ((status.st_mode & S_IXOTH) == 0) chmod(root.c_str(), (status.st_mode & 0777) | S_IXOTH);
}

void RefuseForeign(const Layout& layout) {
  const std::string version = FirstLine(layout.marker());
  if (version == kLayoutVersion) return;
  if (!version.empty()) {
    throw Failure(ErrorCode::kConflict,
                  std::format("{} has the layout version {}, this nexus knows {}",
                              layout.root.native(), version, kLayoutVersion),
                  "run the nexus that made it, or choose another --data-dir");
  }
  std::error_code error;
  for (std::filesystem::directory_iterator entry(layout.root, error), end; !error && entry != end;
       entry.increment(error)) {
    if (std::ranges::contains(kNeutralNames, entry->path().filename().native())) continue;
    throw Failure(ErrorCode::kConflict,
                  std::format("{} is not empty and was not made by nexus", layout.root.native()),
                  "choose another --data-dir, or an empty folder");
  }
  if (error) throw SystemFailure("read", layout.root, error.value());
}

}  // namespace

Layout LayoutOf(const std::filesystem::path& data_directory) {
  return {WithoutLinks(data_directory)};
}

std::filesystem::path ChooseSocketFolder(const Layout& layout, const Account& account,
                                         const std::filesystem::path& runtime_directory) {
  const auto fits = [](const std::filesystem::path& folder) {
    return (folder / kLongestSocketName).native().size() <= kMaxSocketPath &&
           NeedsNoQuoting(folder.native());
  };
  std::filesystem::path own = layout.root / "run";
  if (fits(own)) return own;
  const std::string hash = ToHex(Sha256(layout.root.native())).substr(0, 12);
  std::filesystem::path runtime = runtime_directory / ("nexus-" + hash);
  if (!runtime_directory.empty() && fits(runtime)) return runtime;
  return std::format("/tmp/nexus-{}-{}", account.uid, hash);
}

void EnsureFolder(const std::filesystem::path& folder, unsigned mode, const Account& owner) {
  const bool made = mkdir(folder.c_str(), mode) == 0;
  if (!made && errno != EEXIST) throw SystemFailure("make", folder, errno);
  struct stat status;
  if (lstat(folder.c_str(), &status) != 0) throw SystemFailure("look at", folder, errno);
  if (!S_ISDIR(status.st_mode)) throw SystemFailure("use", folder, ENOTDIR);
  if (status.st_uid != owner.uid && lchown(folder.c_str(), owner.uid, owner.gid) != 0) {
    throw SystemFailure("give away", folder, errno);
  }
  if ((status.st_mode & 0777) != mode && chmod(folder.c_str(), mode) != 0) {
    throw SystemFailure("set the mode of", folder, errno);
  }
}

void EnsurePrivateFolder(const std::filesystem::path& folder, const Account& owner) {
  if (mkdir(folder.c_str(), 0700) == 0) {
    if (lchown(folder.c_str(), owner.uid, owner.gid) == 0) return;
    throw SystemFailure("give away", folder, errno);
  }
  if (errno != EEXIST) throw SystemFailure("make", folder, errno);
  struct stat status;
  if (lstat(folder.c_str(), &status) != 0) throw SystemFailure("look at", folder, errno);
  if (S_ISDIR(status.st_mode) && status.st_uid == owner.uid && (status.st_mode & 077) == 0) return;
  throw Failure(ErrorCode::kForbidden,
                std::format("{} is not a private folder of {}", folder.native(), owner.name),
                "remove it, or choose a shorter --data-dir");
}

void ReplaceFile(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  const std::filesystem::path next = path.native() + ".new";
  unlink(next.c_str());
  const int file = open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (file < 0) throw SystemFailure("write", path, errno);
  const bool written =
      write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
      fchmod(file, mode) == 0 && fsync(file) == 0;
  const int error_number = errno;
  close(file);
  if (!written) throw SystemFailure("write", path, error_number);
  if (rename(next.c_str(), path.c_str()) != 0) throw SystemFailure("write", path, errno);
}

DataDirectory::DataDirectory(const std::filesystem::path& path) : layout_(LayoutOf(path)) {
  MakeRoot(layout_.root);
  RefuseForeign(layout_);
  Lock();
  try {
    OpenForServers(layout_.root);
    if (FirstLine(layout_.marker()).empty()) {
      ReplaceFile(layout_.marker(), std::format("{}\n", kLayoutVersion), 0644);
    }
  } catch (...) {
    close(lock_);
    throw;
  }
}

DataDirectory::~DataDirectory() { close(lock_); }

void DataDirectory::Lock() {
  lock_ = open(layout_.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock_ < 0) throw SystemFailure("open", layout_.lock(), errno);
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    const int error_number = errno;
    close(lock_);
    if (error_number != EWOULDBLOCK) throw SystemFailure("lock", layout_.lock(), error_number);
    throw Failure(ErrorCode::kConflict,
                  std::format("another nexus (pid {}) uses {}", FirstLine(layout_.lock()),
                              layout_.root.native()),
                  "stop it, or choose another --data-dir");
  }
  const std::string pid = std::format("{}\n", getpid());
  if (ftruncate(lock_, 0) != 0 ||
      pwrite(lock_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    const int error_number = errno;
    close(lock_);
    throw SystemFailure("write", layout_.lock(), error_number);
  }
}

}  // namespace nexus::stack
