// What /proc tells about processes that are not (or no longer) our children.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stack/process.h"

namespace nexus::stack {

// A zombie has ended, but nobody has reaped it: kill(pid, 0) still finds it, and so PostgreSQL
// takes it for alive.
enum class ProcessState { kGone, kZombie, kAlive };

struct ProcessLine {
  std::string name;  // at most 15 bytes
  ProcessState state = ProcessState::kGone;
};

// Parses /proc/PID/stat: "17 (a (strange) name) S …".
ProcessLine ParseProcessLine(std::string_view stat);

ProcessLine LookAt(pid_t pid);

// Its program and arguments, which everybody may read (unlike /proc/PID/exe, which even root may
// not in a container); empty for a process that is ending.
std::vector<std::string> CommandLineOf(pid_t pid);

// Waits until `ended` holds; false if the deadline came first.
bool WaitFor(const std::function<bool()>& ended, SteadyTime deadline);

// Reaps ended children of this process called `name` whose pids are not in `ours`: orphans that
// the kernel gave to us as their subreaper. Main thread only.
void ReapOrphans(std::string_view name, std::span<const pid_t> ours);

}  // namespace nexus::stack
