// A child process: started with dropped privileges and a clean environment, watched, ended.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "stack/account.h"

namespace nexus::stack {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Command {
  std::filesystem::path program;
  std::vector<std::string> arguments = {};  // without the program's name
  std::optional<Account> run_as = {};       // drops to it; only root may
  std::string input = {};                   // on stdin
  std::filesystem::path output = {};        // gets stdout and stderr appended; empty: dropped
  int death_signal = SIGKILL;  // sent to the child when the thread that started it ends
};

// Owns the child: one that still runs when its owner goes is killed. Not thread-safe.
//
// The child has a session of its own (a Ctrl-C on the terminal is for nexus, which then stops its
// servers in order), default signal handlers, no file of ours but the standard three, "/" as its
// folder, umask 077, and an environment of PATH, LD_LIBRARY_PATH, LC_ALL=C.UTF-8 and TZ=UTC.
class Process {
 public:
  // Main thread only. Returns when the program runs; throws Failure if it cannot be started.
  static Process Start(const Command& command);

  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  pid_t pid() const { return pid_; }

  // Reaps it if it has ended. Does not block.
  bool HasEnded();
  // Polls until it has ended; false if the deadline came first.
  bool WaitUntil(SteadyTime deadline);
  // Nothing happens if it has ended.
  void Signal(int number);

  // Once it has ended: with status 0?
  bool Succeeded() const;
  // "exited with status 1", "was killed by signal 9".
  std::string HowItEnded() const;

 private:
  explicit Process(pid_t pid) : pid_(pid) {}

  pid_t pid_ = 0;
  std::optional<int> wait_status_;
};

// Starts the command and waits for its end. Throws Failure (with the last lines of its output, if
// it goes to a file) unless it exits with status 0 in time; it is killed then.
void RunToEnd(const Command& command, std::chrono::milliseconds timeout);

}  // namespace nexus::stack
