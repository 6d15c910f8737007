#include "stack/living_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace nexus::stack {

namespace {

constexpr std::chrono::milliseconds kPollInterval{3};

}  // namespace

ProcessLine ParseProcessLine(std::string_view stat) {
  const size_t open = stat.find('(');
  const size_t close = stat.rfind(')');
  if (open == stat.npos || close == stat.npos || close + 2 >= stat.size()) return {};
  const char state = stat[close + 2];
  return {std::string(stat.substr(open + 1, close - open - 1)), state == 'Z' ? ProcessState::kZombie
                                                                : state == 'X' || state == 'x'
                                                                    ? ProcessState::kGone
                                                                    : ProcessState::kAlive};
}

ProcessLine LookAt(pid_t pid) {
  std::ifstream file(std::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(file, line)) return {};
  return ParseProcessLine(line);
}

std::vector<std::string> CommandLineOf(pid_t pid) {
  std::ifstream file(std::format("/proc/{}/cmdline", pid), std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  return words;
}

bool WaitFor(const std::function<bool()>& ended, SteadyTime deadline) {
  while (!ended()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPollInterval);
  }
  return true;
}

void ReapOrphans(std::string_view name, std::span<const pid_t> ours) {
  std::ifstream children(std::format("/proc/self/task/{}/children", getpid()));
  for (pid_t pid; children >> pid;) {
    if (std::ranges::contains(ours, pid)) continue;
    const ProcessLine line = LookAt(pid);
    if (line.name == name && line.state == ProcessState::kZombie) waitpid(pid, nullptr, WNOHANG);
  }
}

}  // namespace nexus::stack
