// nexus psql: psql on the private PostgreSQL, as the role for people, with one brain in sight.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/uuid.h"
#include "cli/command_list.h"
#include "cli/connection.h"
#include "stack/private_stack.h"

namespace nexus::cli {
namespace {

constexpr const char* kRole = " user=nexus_sql";  // migrations/roles.sql

struct PsqlFlags {
  ConnectionFlags connection;
  std::vector<std::string> rest;
};

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string ReadAll(int descriptor) {
  std::string text;
  char piece[4096];
  for (ssize_t size; (size = read(descriptor, piece, sizeof piece)) > 0;) {
    text.append(piece, static_cast<size_t>(size));
  }
  return text;
}

// What the command prints on stdout; its complaints go to ours. nullopt if it fails.
std::optional<std::string> OutputOf(std::vector<std::string> command) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::vector<char*> arguments = Pointers(command);
  pid_t child = 0;
  const int error = posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text = error == 0 ? ReadAll(ends[0]) : "";
  close(ends[0]);
  int status = 0;
  if (error != 0 || waitpid(child, &status, 0) != child || status != 0) return std::nullopt;
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

bool IsBrainName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

std::string FindBrain(const std::string& program, const std::string& conninfo,
                      const std::string& brain) {
  std::optional<std::string> id = "";
  if (IsBrainName(brain)) {  // so it needs no quoting
    const std::string sql = std::format(
        "SELECT brain_id FROM nexus_memory.brains WHERE name = '{0}' OR brain_id::text = '{0}'",
        brain);
    id = OutputOf({program, "-XAtq", "-d", conninfo, "-c", sql});
  }
  if (!id) {
    throw Failure(ErrorCode::kUnavailable, "psql cannot ask for the brain", "its reason is above");
  }
  if (ParseUuid(*id)) return *id;
  throw Failure(ErrorCode::kNotFound, "there is no brain " + brain,
                "`nexus brain list` lists them; choose one with --brain");
}

int Psql(const PsqlFlags& given, const Defaults& defaults) {
  const Connection connection =
      Resolve(given.connection, ProcessEnvironment, defaults.data_directory);
  const std::string conninfo =
      stack::FindRunning(connection.data_directory).postgres_conninfo + kRole;
  const std::string program = stack::FindPostgresProgram("psql").native();
  std::string options = "-c nexus.brain=" + FindBrain(program, conninfo, connection.brain);
  if (auto before = ProcessEnvironment("PGOPTIONS"); !before.empty()) options += " " + before;
  setenv("PGOPTIONS", options.c_str(), 1);

  std::vector<std::string> command = {program, "-d", conninfo};
  command.insert(command.end(), given.rest.begin(), given.rest.end());
  std::vector<char*> arguments = Pointers(command);
  std::fflush(nullptr);
  execv(program.c_str(), arguments.data());
  throw Failure(ErrorCode::kUnavailable,
                std::format("cannot run {}: {}", program, std::strerror(errno)));
}

}  // namespace

void AddPsql(Flags& all, const Defaults& defaults) {
  auto given = std::make_shared<PsqlFlags>();  // shared by the parser and the action
  Flags command =
      all.Command("psql", "Run psql on the private PostgreSQL, with one brain in sight.");
  command.Text("--data-dir", given->connection.data_directory,
               "where `nexus up` keeps its data [NEXUS_DATA_DIR]");
  command.Text("--brain", given->connection.brain,
               "name or id of the brain [NEXUS_BRAIN, or default]");
  command.PassThrough(given->rest);
  command.OnRun([given, defaults] { return Psql(*given, defaults); });
}

}  // namespace nexus::cli
