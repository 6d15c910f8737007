// One kind of server the stack supervises: PostgreSQL or Redis.
#pragma once

#include <chrono>
#include <filesystem>
#include <string_view>

#include "stack/process.h"

namespace nexus::stack {

class Server {
 public:
  virtual ~Server() = default;

  virtual std::string_view name() const = 0;
  virtual std::filesystem::path log() const = 0;

  // Ends one that a killed nexus left behind, or waits until it has ended by itself. Returns
  // whether there was one. Throws Failure if it is still there at the deadline.
  virtual bool EndPredecessor(SteadyTime deadline) = 0;

  // Starts the program; does not wait until it answers.
  virtual Process Launch() = 0;

  // Does the server with that pid answer? Blocks for a fraction of a second at most.
  virtual bool Answers(pid_t pid) const = 0;

  // Blocks until it has ended; harsher after the timeout.
  virtual void Stop(Process& process, std::chrono::milliseconds timeout) = 0;
};

}  // namespace nexus::stack
