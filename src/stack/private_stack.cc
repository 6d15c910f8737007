#include "stack/private_stack.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <vector>

#include "base/log.h"
#include "stack/data_directory.h"
#include "stack/living_process.h"
#include "stack/postgres_process.h"
#include "stack/programs.h"
#include "stack/redis_process.h"
#include "stack/supervised_server.h"
#include "stack/system_failure.h"

namespace nexus::stack {

namespace {

using std::chrono::steady_clock;

class StopWatch {
 public:
  // "0.6 s"
  std::string Read() const {
    return std::format("{:.2f} s",
                       std::chrono::duration<double>(steady_clock::now() - begun_).count());
  }

 private:
  SteadyTime begun_ = steady_clock::now();
};

// XDG_RUNTIME_DIR is this user's alone: of no use to servers that run as somebody else.
std::filesystem::path RuntimeDirectory(const Account& account) {
  const char* value = std::getenv("XDG_RUNTIME_DIR");
  if (value == nullptr || geteuid() != account.uid || access(value, W_OK | X_OK) != 0) return {};
  return value;
}

void CheckReachable(const Layout& layout, const Account& account) {
  const std::filesystem::path closed = FirstClosedFolder(layout.root, account);
  if (closed.empty()) return;
  throw Failure(
      ErrorCode::kForbidden,
      std::format("the user {}, as whom PostgreSQL runs, cannot enter {}", account.name,
                  closed.native()),
      std::format("chmod o+x {}, or choose a --data-dir such as /var/lib/nexus", closed.native()));
}

Endpoints EndpointsOf(const std::filesystem::path& socket_folder,
                      const std::filesystem::path& redis_socket) {
  return {std::format("host={} dbname=nexus", socket_folder.native()),
          redis_socket.empty() ? "" : "unix://" + redis_socket.native()};
}

}  // namespace

// Declared so that the lock is let go of last.
struct PrivateStack::Parts {
  explicit Parts(StackOptions given)
      : options(std::move(given)),
        postgres_programs(FindPostgresFolder()),
        data(options.data_directory) {}

  StackOptions options;
  std::filesystem::path postgres_programs;
  DataDirectory data;
  Account account;
  std::filesystem::path socket_folder;
  std::optional<SupervisedServer> postgres;
  std::optional<SupervisedServer> redis;

  void Say(std::string_view line) const {
    if (options.on_step) options.on_step(line);
  }
  Account Keeper() const;
  void MakeFolders() const;
  void MakeCluster(PostgresProcess& server) const;
  void BeginRedis();
  void AwaitRedis(const StopWatch& watch);
  void GiveUpRedis(const Failure& failure);
  void Stop();
};

// Whose the folders are that the servers only read. Root on the data of an ordinary user must not
// take them away from that user.
Account PrivateStack::Parts::Keeper() const {
  struct stat status;
  const std::filesystem::path& root = data.layout().root;
  if (stat(root.c_str(), &status) != 0) throw SystemFailure("look at", root, errno);
  return status.st_uid == account.uid ? account : CurrentAccount();
}

void PrivateStack::Parts::MakeFolders() const {
  const Layout& layout = data.layout();
  const Account keeper = Keeper();
  EnsureFolder(layout.log(), 0755, keeper);
  EnsureFolder(layout.access(), 0755, keeper);
  EnsureFolder(layout.redis(), 0700, account);
  if (socket_folder.parent_path() == layout.root) {
    EnsureFolder(socket_folder, 0700, account);
  } else {
    EnsurePrivateFolder(socket_folder, account);
    Say(std::format("sockets: in {}, since the path of the data directory does not suit them",
                    socket_folder.native()));
  }
}

void PrivateStack::Parts::MakeCluster(PostgresProcess& server) const {
  const StopWatch watch;
  if (server.Initialise()) {
    Say(std::format("postgres: initialised in {} as user {}", watch.Read(), account.name));
  }
}

void PrivateStack::Parts::BeginRedis() {
  if (!options.with_redis) return;
  const auto program = FindRedisServer();
  if (!program) {
    Say("redis: not installed, goes on without it (apt-get install redis-server)");
    return;
  }
  redis.emplace(std::make_unique<RedisProcess>(*program, data.layout(), account, socket_folder));
  try {
    if (redis->Begin(options.stop_timeout)) Say("redis: stopped one that was left over");
  } catch (const Failure& failure) {
    GiveUpRedis(failure);
  }
}

void PrivateStack::Parts::AwaitRedis(const StopWatch& watch) {
  if (!redis) return;
  try {
    redis->AwaitAnswer(options.start_timeout);
    Say(std::format("redis: ready in {}", watch.Read()));
  } catch (const Failure& failure) {
    GiveUpRedis(failure);
  }
}

void PrivateStack::Parts::GiveUpRedis(const Failure& failure) {
  redis.reset();
  Say(std::format("redis: goes on without it, {} ({})", failure.what(), failure.error().remedy));
}

void PrivateStack::Parts::Stop() {
  const StopWatch watch;
  const bool ran = postgres || redis;
  if (redis) redis->Stop(options.stop_timeout);
  redis.reset();
  if (postgres) postgres->Stop(options.stop_timeout);
  postgres.reset();
  if (socket_folder.parent_path() != data.layout().root) rmdir(socket_folder.c_str());
  if (ran) Say(std::format("servers: stopped in {}", watch.Read()));
}

PrivateStack::PrivateStack(StackOptions options) {
  parts_ = std::make_unique<Parts>(std::move(options));
  const Layout& layout = parts_->data.layout();
  parts_->account = ChooseServiceAccount(parts_->options.service_user, layout.postgres());
  CheckReachable(layout, parts_->account);
  parts_->socket_folder =
      ChooseSocketFolder(layout, parts_->account, RuntimeDirectory(parts_->account));
}

PrivateStack::~PrivateStack() { Stop(); }

Endpoints PrivateStack::Start() {
  Parts& parts = *parts_;
  if (parts.postgres) throw std::logic_error("the private stack is started already");
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::signal(SIGCHLD, SIG_DFL);  // ignored by who started us, it would hide how children end
  parts.MakeFolders();
  auto server = std::make_unique<PostgresProcess>(parts.postgres_programs, parts.data.layout(),
                                                  parts.account, parts.socket_folder);
  parts.MakeCluster(*server);
  try {
    const StopWatch watch;
    parts.postgres.emplace(std::move(server));
    if (parts.postgres->Begin(parts.options.stop_timeout)) {
      parts.Say("postgres: stopped one that was left over");
    }
    parts.BeginRedis();
    parts.postgres->AwaitAnswer(parts.options.start_timeout);
    parts.Say(std::format("postgres: ready in {}", watch.Read()));
    parts.AwaitRedis(watch);
  } catch (...) {
    Stop();
    throw;
  }
  return EndpointsOf(parts.socket_folder,
                     parts.redis ? parts.socket_folder / "redis.sock" : std::filesystem::path());
}

void PrivateStack::Stop() { parts_->Stop(); }

void PrivateStack::Supervise() {
  const SteadyTime now = steady_clock::now();
  std::vector<pid_t> ours;
  for (std::optional<SupervisedServer>* server : {&parts_->postgres, &parts_->redis}) {
    if (!*server) continue;
    (*server)->Supervise(now);
    ours.push_back((*server)->pid());
  }
  ReapOrphans("postgres", ours);
}

Endpoints FindRunning(const std::filesystem::path& data_directory) {
  const Layout layout = LayoutOf(data_directory);
  const std::filesystem::path pid_file = layout.postgres() / "postmaster.pid";
  if (access(pid_file.c_str(), R_OK) != 0 && errno == EACCES) {
    throw SystemFailure("read", pid_file, EACCES);
  }
  const auto file = ReadPostmasterFile(layout.postgres());
  if (!file || !file->ready || !IsListening(file->socket_folder / ".s.PGSQL.5432")) {
    throw Failure(ErrorCode::kUnavailable, std::format("no nexus runs on {}", layout.root.native()),
                  std::format("start it: nexus up --data-dir {}", layout.root.native()));
  }
  const std::filesystem::path redis = file->socket_folder / "redis.sock";
  return EndpointsOf(file->socket_folder, IsListening(redis) ? redis : std::filesystem::path());
}

}  // namespace nexus::stack
