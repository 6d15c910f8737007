#include "stack/postgres_process.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <ranges>
#include <sstream>

#include "stack/living_process.h"
#include "stack/system_failure.h"

namespace nexus::stack {

namespace {

using std::chrono::seconds;

constexpr std::string_view kMajor = "17";
constexpr std::string_view kAttempt = "pg.attempt-";
constexpr seconds kMakingClusterTakes{120};
constexpr seconds kQuittingTakes{10};

// nexus_admin made the cluster; the others are those of migrations/roles.sql.
constexpr std::array<std::string_view, 9> kRoles = {
    "nexus_admin",  "nexus_owner",  "nexus_api",     "nexus_embedder", "nexus_relay",
    "nexus_keeper", "nexus_backup", "nexus_auditor", "nexus_sql"};

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

// The settings a person who starts the cluster by hand gets as well.
std::vector<std::string> InitialSettings(const std::filesystem::path& socket_folder) {
  return {"listen_addresses=",
          "unix_socket_directories=" + socket_folder.native(),
          "unix_socket_permissions=0700",
          "shared_buffers=64MB",
          "max_connections=60",
          "wal_level=logical",
          "max_wal_size=256MB"};
}

void AddSettings(std::vector<std::string>& arguments, std::vector<std::string> settings) {
  for (std::string& setting : settings) {
    arguments.emplace_back("-c");
    arguments.push_back(std::move(setting));
  }
}

// A postmaster, of whatever cluster; not one of the processes it has forked.
bool IsPostmaster(pid_t pid) {
  const ProcessLine line = LookAt(pid);
  if (line.state != ProcessState::kAlive || line.name != "postgres") return false;
  const std::vector<std::string> words = CommandLineOf(pid);
  return words.empty() || !words.front().starts_with("postgres: ");
}

// A lock file names the pid of a postmaster that is gone. If another process of the same user has
// got that pid since (sure to happen in containers, where pids are small), PostgreSQL would take it
// for a living postmaster and refuse to start. It disregards the pid of its own parent, so that is
// what we put there: the file's other checks (shared memory still in use) stay in force.
void NameUsInLockFile(const std::filesystem::path& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return;
  char text[4096];
  const ssize_t size = pread(file, text, sizeof text, 0);
  std::string_view content(text, size > 0 ? static_cast<size_t>(size) : 0);
  if (const size_t end = content.find('\n'); end != content.npos) {
    const std::string changed = std::format("{}{}", getpid(), content.substr(end));
    if (pwrite(file, changed.data(), changed.size(), 0) == static_cast<ssize_t>(changed.size())) {
      [[maybe_unused]] int ignored = ftruncate(file, static_cast<off_t>(changed.size()));
    }
  }
  close(file);
}

}  // namespace

std::optional<PostmasterFile> ParsePostmasterFile(std::string_view text) {
  std::vector<std::string_view> lines;
  for (auto part : std::views::split(text, '\n')) lines.emplace_back(part.begin(), part.end());
  if (lines.empty()) return std::nullopt;
  PostmasterFile file;
  const std::string_view first = lines.front();
  if (std::from_chars(first.data(), first.data() + first.size(), file.pid).ec != std::errc() ||
      file.pid <= 0) {
    return std::nullopt;
  }
  if (lines.size() > 4) file.socket_folder = lines[4];
  file.ready = lines.size() > 7 && lines[7].starts_with("ready");
  return file;
}

std::optional<PostmasterFile> ReadPostmasterFile(const std::filesystem::path& postgres_data) {
  return ParsePostmasterFile(ReadFile(postgres_data / "postmaster.pid"));
}

bool IsListening(const std::filesystem::path& socket_path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (socket_path.native().size() > kMaxSocketPath) return false;
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.native().size());
  const int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (file < 0) return false;
  const bool connected =
      connect(file, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(file);
  return connected;
}

std::string HostBasedAccess() {
  return "# Written by nexus at every start.\n"
         "local all all peer map=nexus\n"
         "local replication all peer map=nexus\n";
}

std::string IdentityMap(std::span<const std::string> system_users) {
  std::string text = "# Written by nexus at every start: system user, role.\n";
  for (const std::string& user : system_users) {
    for (std::string_view role : kRoles) text += std::format("nexus \"{}\" {}\n", user, role);
  }
  return text;
}

PostgresProcess::PostgresProcess(std::filesystem::path programs, Layout layout, Account account,
                                 std::filesystem::path socket_folder)
    : programs_(std::move(programs)),
      layout_(std::move(layout)),
      account_(std::move(account)),
      socket_folder_(std::move(socket_folder)) {}

std::optional<Account> PostgresProcess::Drop() const {
  return geteuid() == account_.uid ? std::nullopt : std::optional(account_);
}

bool PostgresProcess::Initialise() {
  SweepFailedAttempts();
  WriteAccess();
  if (std::filesystem::exists(layout_.postgres())) {
    CheckVersion();
    return false;
  }
  const std::filesystem::path attempt = layout_.root / std::format("{}{}", kAttempt, getpid());
  EnsureFolder(attempt, 0700, account_);
  MakeCluster(attempt);
  if (rename(attempt.c_str(), layout_.postgres().c_str()) != 0) {
    throw SystemFailure("make", layout_.postgres(), errno);
  }
  const int root = open(layout_.root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  fsync(root);  // the new name has to survive a power cut as what it names does
  close(root);
  return true;
}

void PostgresProcess::CheckVersion() const {
  std::string version = ReadFile(layout_.postgres() / "PG_VERSION");
  while (version.ends_with('\n')) version.pop_back();
  if (version == kMajor) return;
  if (version.empty()) {
    throw Failure(ErrorCode::kConflict,
                  std::format("{} is not the data of a PostgreSQL", layout_.postgres().native()),
                  "restore it from a backup, or choose another --data-dir");
  }
  throw Failure(ErrorCode::kConflict,
                std::format("{} is of PostgreSQL {}, this nexus runs {}",
                            layout_.postgres().native(), version, kMajor),
                std::format("move it to {} with pg_upgrade, or choose another --data-dir", kMajor));
}

void PostgresProcess::SweepFailedAttempts() const {
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(layout_.root, ignored), end;
       !ignored && entry != end; entry.increment(ignored)) {
    std::error_code left;
    if (entry->path().filename().native().starts_with(kAttempt)) {
      std::filesystem::remove_all(entry->path(), left);
    }
  }
}

void PostgresProcess::WriteAccess() const {
  std::vector<std::string> users = {account_.name};
  if (const std::string self = CurrentAccount().name; self != account_.name) users.push_back(self);
  ReplaceFile(layout_.access() / "pg_hba.conf", HostBasedAccess(), 0644);
  ReplaceFile(layout_.access() / "pg_ident.conf", IdentityMap(users), 0644);
}

void PostgresProcess::MakeCluster(const std::filesystem::path& folder) const {
  const std::filesystem::path output = layout_.log() / "initdb.log";
  std::error_code ignored;
  std::filesystem::remove(output, ignored);
  std::vector<std::string> arguments = {"-D",
                                        folder.native(),
                                        "-k",
                                        "-E",
                                        "UTF8",
                                        "--locale-provider=builtin",
                                        "--builtin-locale=C.UTF-8",
                                        "--locale=C.UTF-8",
                                        "-U",
                                        "nexus_admin",
                                        "--auth-local=peer",
                                        "--auth-host=reject",
                                        "--no-instructions",
                                        "--no-sync"};
  AddSettings(arguments, InitialSettings(socket_folder_));
  const auto run = [&](std::string_view program, std::vector<std::string> words,
                       std::string input) {
    RunToEnd({.program = programs_ / program,
              .arguments = std::move(words),
              .run_as = Drop(),
              .input = std::move(input),
              .output = output},
             kMakingClusterTakes);
  };
  run("initdb", std::move(arguments), "");
  // Before the cluster gets its name, so that there is no cluster without the database.
  run("postgres",
      {"--single", "-D", folder.native(), "-c", "fsync=off", "-c", "exit_on_error=on", "postgres"},
      "CREATE DATABASE nexus\n");
  // All of it at once: a thousand single fsyncs take seconds on a busy disk.
  run("initdb", {"--sync-only", "--sync-method=syncfs", "-D", folder.native()}, "");
}

bool PostgresProcess::IsOurPostmaster(pid_t pid) const {
  return IsPostmaster(pid) &&
         std::ranges::contains(CommandLineOf(pid), layout_.postgres().native());
}

bool PostgresProcess::EndPredecessor(SteadyTime deadline) {
  const std::optional<PostmasterFile> file = ReadPostmasterFile(layout_.postgres());
  if (!file) return false;
  const pid_t pid = file->pid;
  if (!IsOurPostmaster(pid)) return false;
  kill(pid, SIGINT);  // it may have got one from the kernel already; a second one does no harm
  if (!WaitFor([&] { return !IsOurPostmaster(pid); }, deadline)) {
    kill(pid, SIGQUIT);
    if (!WaitFor([&] { return !IsOurPostmaster(pid); },
                 std::chrono::steady_clock::now() + kQuittingTakes)) {
      throw Failure(ErrorCode::kConflict,
                    std::format("an earlier PostgreSQL (pid {}) on {} does not end", pid,
                                layout_.postgres().native()),
                    std::format("end it: kill -QUIT {}", pid));
    }
  }
  return true;
}

void PostgresProcess::MarkLockFilesStale() const {
  const std::optional<PostmasterFile> file = ReadPostmasterFile(layout_.postgres());
  if (file && IsPostmaster(file->pid)) return;
  NameUsInLockFile(layout_.postgres() / "postmaster.pid");
  NameUsInLockFile(socket().native() + ".lock");
}

Process PostgresProcess::Launch() {
  MarkLockFilesStale();
  std::vector<std::string> arguments = {"-D", layout_.postgres().native()};
  AddSettings(
      arguments,
      {"listen_addresses=", "port=5432", "unix_socket_directories=" + socket_folder_.native(),
       "unix_socket_permissions=0700", "hba_file=" + (layout_.access() / "pg_hba.conf").native(),
       "ident_file=" + (layout_.access() / "pg_ident.conf").native(), "log_destination=stderr",
       "recovery_init_sync_method=syncfs", "logging_collector=off",
       // What is remembered must not outlive its deletion in the log: no rows, no statements.
       "log_error_verbosity=terse", "log_min_error_statement=panic"});
  return Process::Start({.program = programs_ / "postgres",
                         .arguments = std::move(arguments),
                         .run_as = Drop(),
                         .input = {},
                         .output = log(),
                         .death_signal = SIGINT});
}

bool PostgresProcess::Answers(pid_t pid) const {
  const std::optional<PostmasterFile> file = ReadPostmasterFile(layout_.postgres());
  return file && file->pid == pid && file->ready && IsListening(socket());
}

void PostgresProcess::Stop(Process& process, std::chrono::milliseconds timeout) {
  process.Signal(SIGINT);
  if (process.WaitUntil(std::chrono::steady_clock::now() + timeout)) return;
  process.Signal(SIGQUIT);
  if (process.WaitUntil(std::chrono::steady_clock::now() + kQuittingTakes)) return;
  process.Signal(SIGKILL);
  process.WaitUntil(std::chrono::steady_clock::now() + kQuittingTakes);
}

}  // namespace nexus::stack
