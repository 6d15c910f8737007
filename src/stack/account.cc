#include "stack/account.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "stack/process.h"
#include "stack/system_failure.h"

namespace nexus::stack {

namespace {

std::optional<Account> ToAccount(const passwd* entry) {
  if (entry == nullptr) return std::nullopt;
  return Account{entry->pw_uid, entry->pw_gid, entry->pw_name};
}

std::optional<uid_t> OwnerOf(const std::filesystem::path& path) {
  struct stat status;
  if (lstat(path.c_str(), &status) == 0) return status.st_uid;
  if (errno == ENOENT) return std::nullopt;
  throw SystemFailure("look at", path, errno);
}

// Best effort: whether it worked shows when the name is looked up again.
void MakeSystemUser(const std::string& name) {
  for (const char* program : {"/usr/sbin/useradd", "/sbin/useradd", "/usr/bin/useradd"}) {
    if (access(program, X_OK) != 0) continue;
    try {
      RunToEnd({.program = program,
                .arguments = {"--system", "--user-group", "--no-create-home", "--home-dir",
                              "/nonexistent", "--shell", "/usr/sbin/nologin", name}},
               std::chrono::seconds(10));
    } catch (const Failure&) {
    }
    return;
  }
}

Account AccountForRoot(const std::string& service_user) {
  if (auto account = FindAccount(service_user)) return *account;
  MakeSystemUser(service_user);
  if (auto account = FindAccount(service_user)) return *account;
  if (auto account = FindAccount("postgres")) return *account;
  throw Failure(
      ErrorCode::kUnavailable,
      std::format("there is no system user {} to run PostgreSQL as, and it cannot be made",
                  service_user),
      std::format("make it (useradd --system {}), or run nexus as an ordinary user", service_user));
}

// The owner of existing data, if root may run servers as that user.
Account AccountOfOwner(uid_t owner, const std::filesystem::path& postgres_data) {
  std::optional<Account> account = FindAccount(owner);
  if (account && owner != 0) return *account;
  throw Failure(
      ErrorCode::kConflict,
      owner == 0 ? std::format("{} belongs to root, as whom PostgreSQL refuses to run",
                               postgres_data.native())
                 : std::format("{} belongs to the uid {}, which no user has",
                               postgres_data.native(), owner),
      std::format("give it to the service user: chown -R nexus {}", postgres_data.native()));
}

}  // namespace

std::optional<Account> FindAccount(const std::string& name) {
  return ToAccount(getpwnam(name.c_str()));
}

std::optional<Account> FindAccount(uid_t uid) { return ToAccount(getpwuid(uid)); }

Account CurrentAccount() {
  if (auto account = FindAccount(geteuid())) return *account;
  throw Failure(ErrorCode::kForbidden, std::format("the uid {} has no user name", geteuid()),
                "run nexus as a user that /etc/passwd knows, or as root");
}

Account ChooseServiceAccount(const std::string& service_user,
                             const std::filesystem::path& postgres_data) {
  Account current = CurrentAccount();
  const std::optional<uid_t> owner = OwnerOf(postgres_data);
  if (current.uid == 0) {
    return owner ? AccountOfOwner(*owner, postgres_data) : AccountForRoot(service_user);
  }
  if (owner && *owner != current.uid) {
    throw Failure(ErrorCode::kForbidden,
                  std::format("{} belongs to another user", postgres_data.native()),
                  "run nexus as root or as that user, or choose another --data-dir");
  }
  return current;
}

std::filesystem::path FirstClosedFolder(const std::filesystem::path& path, const Account& account) {
  std::filesystem::path folder;
  for (const auto& part : path) {
    folder /= part;
    struct stat status;
    if (stat(folder.c_str(), &status) != 0) throw SystemFailure("look at", folder, errno);
    const mode_t needed = status.st_uid == account.uid   ? S_IXUSR
                          : status.st_gid == account.gid ? S_IXGRP
                                                         : S_IXOTH;
    if ((status.st_mode & needed) == 0) return folder;
  }
  return {};
}

}  // namespace nexus::stack
