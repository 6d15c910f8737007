// The PostgreSQL 17 and the Redis that `nexus up` runs for itself: private to one data directory,
// on Unix sockets only, as supervised children that end when this process ends, however it ends.
//
//   DATA/NEXUS_VERSION   marks the directory as ours ("1")
//   DATA/lock            flock of the process that uses it, holds its pid
//   DATA/pg, DATA/redis  the data (0700, of the service user)
//   DATA/run             the sockets (0700); elsewhere if their path would be too long
//   DATA/access          pg_hba.conf, pg_ident.conf: written anew at every start
//   DATA/log             postgres.log, redis.log, initdb.log: what the children print
//
// As root the children run as `service_user` (made if absent; `postgres` if it can't be), DATA
// itself stays root's with mode 0711. An ordinary user's children run as that user, DATA is 0700;
// so they do when root starts them on that user's DATA, which stays that user's.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace nexus::stack {

struct StackOptions {
  std::filesystem::path data_directory;  // made if missing
  std::string service_user = "nexus";    // only matters as root
  bool with_redis = true;
  std::chrono::milliseconds start_timeout{60'000};  // for each server
  std::chrono::milliseconds stop_timeout{30'000};   // then PostgreSQL is told to quit at once
  std::function<void(std::string_view)> on_step;    // one line: "postgres: ready in 0.1 s"
};

struct Endpoints {
  // "host=DIR dbname=nexus": add user=…. Peer authentication lets the user who runs nexus and the
  // service user be nexus_admin (superuser) and every role of migrations/roles.sql.
  std::string postgres_conninfo;
  std::string redis_url;  // "unix:///…/redis.sock"; empty if there is no Redis: works without
};

// Not thread-safe; everything is called on the main thread. Start() and Supervise() fork, and the
// children are told to stop when the *thread* that forked them ends (PR_SET_PDEATHSIG), so that
// thread has to live as long as the process. Other threads may run: a child only calls what is
// safe after fork, then execs.
//
// While a PrivateStack is started, orphaned grandchildren are reparented to this process
// (PR_SET_CHILD_SUBREAPER), and those called postgres are reaped by Supervise(). Children started
// elsewhere in the process are not touched.
class PrivateStack {
 public:
  // Finds the programs, makes or checks the data directory and locks it. Throws Failure with one
  // clear line and a remedy: PostgreSQL 17 not installed (kUnavailable), a foreign directory or
  // one in use (kConflict), a path that cannot be entered or written (kForbidden).
  explicit PrivateStack(StackOptions options);
  ~PrivateStack();  // Stop()

  // Blocks until PostgreSQL answers and the database exists, and Redis answers or is given up
  // (said in a step). Throws Failure with the last lines of the server's log if PostgreSQL fails.
  // What a killed predecessor left is recovered: its servers are waited for or stopped, and
  // started again as children of this process.
  Endpoints Start();

  // Redis first (it syncs its file), then PostgreSQL by fast shutdown. Blocks until both ended.
  // The lock stays until the destructor. Idempotent.
  void Stop();

  // Every ~200 ms while started: reaps, starts again what died (after 0, 1, 2, 4 … 30 s, logged
  // through base/log.h). Never blocks, never throws.
  void Supervise();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Where the running stack of a data directory listens, for programs beside it (`nexus psql`,
// `nexus doctor`). Throws Failure(kUnavailable) if none runs there.
Endpoints FindRunning(const std::filesystem::path& data_directory);

// The path of a program of PostgreSQL 17 ("psql", "pg_dump"). Throws Failure(kUnavailable) naming
// the package if it is not installed.
std::filesystem::path FindPostgresProgram(std::string_view name);

}  // namespace nexus::stack
