// The system user the servers run as.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace nexus::stack {

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;
};

std::optional<Account> FindAccount(const std::string& name);
std::optional<Account> FindAccount(uid_t uid);

// Who runs this process. Throws Failure if the uid has no name: peer authentication needs one.
Account CurrentAccount();

// Whom the servers on `postgres_data` run as. An ordinary user: that user. Root: the owner of the
// folder if it exists (a change of service user, or a new uid for the same name, must not lock
// anybody out of the data); else `service_user`, made by useradd if absent; else `postgres`.
// Throws Failure with a remedy if none fits.
Account ChooseServiceAccount(const std::string& service_user,
                             const std::filesystem::path& postgres_data);

// The first folder on the way to `path` (absolute, itself included) which `account` may not enter;
// empty if there is none. Looks at owner, group and mode only, not at ACLs.
std::filesystem::path FirstClosedFolder(const std::filesystem::path& path, const Account& account);

}  // namespace nexus::stack
