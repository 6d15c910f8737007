#include "stack/programs.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <ranges>
#include <string>
#include <vector>

#include "base/error.h"
#include "stack/private_stack.h"

namespace nexus::stack {

namespace {

constexpr std::string_view kPostgresMajor = "17";

bool IsProgram(const std::filesystem::path& path) {
  return access(path.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(path);
}

std::optional<std::filesystem::path> FindOnPath(std::string_view name) {
  const char* path = std::getenv("PATH");
  for (auto part : std::views::split(std::string_view(path == nullptr ? "" : path), ':')) {
    std::filesystem::path program = std::filesystem::path(std::string_view(part)) / name;
    if (program.is_absolute() && IsProgram(program)) return program;
  }
  std::filesystem::path usual = std::filesystem::path("/usr/bin") / name;
  return IsProgram(usual) ? std::optional(usual) : std::nullopt;
}

// The first line a program prints; empty if it cannot be run.
std::string FirstLineOf(const std::string& command) {
  FILE* pipe = popen((command + " 2>/dev/null").c_str(), "re");
  if (pipe == nullptr) return {};
  char line[4096];
  std::string text = std::fgets(line, sizeof line, pipe) == nullptr ? "" : line;
  pclose(pipe);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// "postgres (PostgreSQL) 17.12 (Debian 17.12-0+deb13u1)"
bool IsRightVersion(const std::filesystem::path& folder) {
  if (!IsProgram(folder / "postgres") || !IsProgram(folder / "initdb")) return false;
  const std::string line = FirstLineOf("'" + (folder / "postgres").native() + "' --version");
  return line.contains(std::format("(PostgreSQL) {}.", kPostgresMajor));
}

}  // namespace

std::filesystem::path FindPostgresFolder() {
  std::vector<std::filesystem::path> folders = {
      std::format("/usr/lib/postgresql/{}/bin", kPostgresMajor)};
  if (IsRightVersion(folders.front())) return folders.front();
  if (auto told = FirstLineOf("pg_config --bindir"); !told.empty()) folders.emplace_back(told);
  if (auto found = FindOnPath("postgres")) {
    folders.push_back(std::filesystem::canonical(*found).parent_path());
  }
  for (const auto& folder : folders) {
    if (IsRightVersion(folder)) return folder;
  }
  throw Failure(ErrorCode::kUnavailable,
                std::format("PostgreSQL {} is not installed", kPostgresMajor),
                "apt-get install postgresql-17 postgresql-17-pgvector, or run nexus serve against "
                "a PostgreSQL elsewhere");
}

std::optional<std::filesystem::path> FindRedisServer() {
  if (auto program = FindOnPath("redis-server")) return program;
  return FindOnPath("valkey-server");
}

std::filesystem::path FindPostgresProgram(std::string_view name) {
  std::filesystem::path program = FindPostgresFolder() / name;
  if (IsProgram(program)) return program;
  throw Failure(ErrorCode::kUnavailable, std::format("{} is not installed", program.native()),
                "apt-get install postgresql-client-17");
}

}  // namespace nexus::stack
