// The folder that holds everything of one private stack: its layout, its marker, its lock.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "stack/account.h"

namespace nexus::stack {

inline constexpr std::string_view kLayoutVersion = "1";
inline constexpr size_t kMaxSocketPath = 107;  // what sockaddr_un holds, without its end

struct Layout {
  std::filesystem::path root;  // absolute, without symbolic links

  std::filesystem::path marker() const { return root / "NEXUS_VERSION"; }
  std::filesystem::path lock() const { return root / "lock"; }
  std::filesystem::path postgres() const { return root / "pg"; }
  std::filesystem::path redis() const { return root / "redis"; }
  std::filesystem::path log() const { return root / "log"; }
  std::filesystem::path access() const { return root / "access"; }  // pg_hba.conf, pg_ident.conf
};

Layout LayoutOf(const std::filesystem::path& data_directory);

// Where the sockets go: DATA/run, if their paths then fit and need no quoting in PostgreSQL's
// settings; else a folder named after the user and DATA under `runtime_directory` (may be empty:
// XDG_RUNTIME_DIR) or under /tmp. Pure.
std::filesystem::path ChooseSocketFolder(const Layout& layout, const Account& account,
                                         const std::filesystem::path& runtime_directory);

// Makes the folder or takes the one that is there, with that mode and (as root) that owner.
// Throws Failure if it cannot, or if something else is in its place.
void EnsureFolder(const std::filesystem::path& folder, unsigned mode, const Account& owner);

// Makes the folder (0700), or takes one that belongs to the account alone; anything else in its
// place is refused: /tmp is everybody's.
void EnsurePrivateFolder(const std::filesystem::path& folder, const Account& owner);

// Writes a small file whole or not at all.
void ReplaceFile(const std::filesystem::path& path, std::string_view content, unsigned mode);

// Holds the lock as long as it lives. The kernel lets go of it when the process ends, however.
class DataDirectory {
 public:
  // Makes the folder if it is missing, refuses one that is not ours, locks it, marks it.
  // Throws Failure with one line and a remedy.
  explicit DataDirectory(const std::filesystem::path& path);
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;
  ~DataDirectory();

  const Layout& layout() const { return layout_; }

 private:
  void Lock();

  Layout layout_;
  int lock_ = -1;
};

}  // namespace nexus::stack
