// A server with its process: started, waited for, started again when it dies, stopped.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "stack/server.h"

namespace nexus::stack {

// How long to wait before the next start, after so many deaths in a row: 0, 1, 2, 4 … 30 s.
std::chrono::seconds PauseBeforeRestart(int deaths_in_a_row);

class SupervisedServer {
 public:
  explicit SupervisedServer(std::unique_ptr<Server> server) : server_(std::move(server)) {}

  const Server& server() const { return *server_; }
  // 0 while it does not run.
  pid_t pid() const { return process_ ? process_->pid() : 0; }

  // Ends what an earlier nexus left, then starts the program. Returns whether there was anything.
  bool Begin(std::chrono::milliseconds stop_timeout);

  // Blocks until it answers. One that dies at once is tried again for two seconds: the last
  // processes of a killed predecessor may still hold its memory. Throws Failure with its last
  // words; it is stopped then.
  void AwaitAnswer(std::chrono::milliseconds timeout);

  // Reaps it and starts it again when that is due. Neither blocks nor throws; logs.
  void Supervise(SteadyTime now);

  void Stop(std::chrono::milliseconds timeout);

 private:
  void NoteDeath(SteadyTime now);
  void StartAgain(SteadyTime now);
  [[noreturn]] void GiveUp(std::string_view what);

  std::unique_ptr<Server> server_;
  std::optional<Process> process_;
  SteadyTime started_at_;
  SteadyTime next_start_;
  int deaths_in_a_row_ = 0;
  bool wanted_ = false;  // between Begin and Stop
};

}  // namespace nexus::stack
