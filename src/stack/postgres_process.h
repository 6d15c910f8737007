// The private PostgreSQL: made by initdb, reached by peer authentication, run as a direct child.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "stack/data_directory.h"
#include "stack/server.h"

namespace nexus::stack {

// What a postmaster says about itself in postmaster.pid.
struct PostmasterFile {
  pid_t pid = 0;
  std::filesystem::path socket_folder;  // empty while it starts
  bool ready = false;
};

std::optional<PostmasterFile> ParsePostmasterFile(std::string_view text);
std::optional<PostmasterFile> ReadPostmasterFile(const std::filesystem::path& postgres_data);

// Does something accept connections on this Unix socket?
bool IsListening(const std::filesystem::path& socket);

// pg_hba.conf: peer authentication through the map, nothing else.
std::string HostBasedAccess();
// pg_ident.conf: each of the system users may be each of the database's roles.
std::string IdentityMap(std::span<const std::string> system_users);

class PostgresProcess final : public Server {
 public:
  PostgresProcess(std::filesystem::path programs, Layout layout, Account account,
                  std::filesystem::path socket_folder);

  // Makes the cluster and in it the database `nexus`, if there is none. All or nothing: what a
  // killed attempt leaves is swept away by the next. Returns whether it had to. Throws Failure;
  // also for a cluster of another major version.
  bool Initialise();

  std::string_view name() const override { return "postgres"; }
  std::filesystem::path log() const override { return layout_.log() / "postgres.log"; }
  // An orphaned postmaster of our data is stopped, never adopted: only a child of ours is told by
  // the kernel when we end.
  bool EndPredecessor(SteadyTime deadline) override;
  Process Launch() override;
  bool Answers(pid_t pid) const override;
  // Fast shutdown, after the timeout an immediate one.
  void Stop(Process& process, std::chrono::milliseconds timeout) override;

 private:
  void CheckVersion() const;
  void MakeCluster(const std::filesystem::path& folder) const;
  void SweepFailedAttempts() const;
  void WriteAccess() const;
  bool IsOurPostmaster(pid_t pid) const;
  void MarkLockFilesStale() const;
  std::filesystem::path socket() const { return socket_folder_ / ".s.PGSQL.5432"; }
  std::optional<Account> Drop() const;

  std::filesystem::path programs_;
  Layout layout_;
  Account account_;
  std::filesystem::path socket_folder_;
};

}  // namespace nexus::stack
