// The commands of the client side: they talk to a running server over HTTP, and print tables and
// colour on a terminal, JSON elsewhere or with --json.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace nexus::cli {

// What was chosen on the command line; returns the exit code. Throws Failure.
using Action = std::function<int()>;

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitPartly = 3;

struct ExitCode {
  int code;
  std::string_view meaning;
};
// All of them, for help and manual.
std::span<const ExitCode> ExitCodes();

// What the server side would take, so that both sides look in the same places.
struct Defaults {
  std::string version;
  std::filesystem::path data_directory;
  std::filesystem::path model_directory;
};

// Adds every command but `up` and `serve` to `app`. Parsing sets `chosen`, which must outlive
// `app`.
void AddCommands(CLI::App& app, Action& chosen, const Defaults& defaults);

}  // namespace nexus::cli
