// nexus: the server and its command line.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <span>

#include "app/config_command.h"
#include "app/migrate_command.h"
#include "app/node.h"
#include "app/run.h"
#include "app/server_flags.h"
#include "cli/commands.h"
#include "cli/manual.h"
#include "cli/terminal.h"

namespace nexus::app {
namespace {

std::string NamesOfCommands(const CLI::App& app) {
  std::string names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names += (names.empty() ? "" : ", ") + command->get_name();
  }
  return names;
}

// What is wrong with the command line, and what to type instead.
Error Explain(const CLI::App& app, const CLI::ParseError& error, std::span<char*> words) {
  if (words.size() > 1 && words[1][0] == '-') {
    return {ErrorCode::kInvalid, std::format("{} stands before the command", words[1]), "",
            std::format("options come behind it: nexus COMMAND {} …", words[1])};
  }
  const CLI::App* command = &app;
  std::string typed = "nexus";
  size_t next = 1;
  for (; !command->get_subcommands().empty(); ++next) {
    command = command->get_subcommands().front();
    typed += " " + command->get_name();
  }
  const std::string remedy = std::format("`{} --help` says what it takes", typed);
  if (command->get_require_subcommand_min() == 0) {
    return {ErrorCode::kInvalid, error.what(), "", remedy};
  }
  const std::string names = NamesOfCommands(*command);
  if (next >= words.size()) {
    return {ErrorCode::kInvalid, "which command? One of: " + names, "", remedy};
  }
  return {ErrorCode::kInvalid, std::format("there is no command `{} {}`", typed, words[next]), "",
          "one of: " + names};
}

void AddServer(cli::Flags& all, const char* name, const char* summary, Servers servers) {
  auto given = std::make_shared<ServerFlags>();  // shared by the parser and the action
  cli::Flags command = all.Command(name, summary);
  given->AddTo(command);
  command.OnRun([given, servers] {
    Run(given->Resolve(), servers);
    return cli::kExitOk;
  });
}

std::string DefaultOf(std::string_view name) { return FindSetting(name)->default_text; }

// An answer that a full disk has swallowed is no success.
int AfterWriting(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  throw Failure(ErrorCode::kUnavailable,
                std::format("the answer cannot be written: {}", std::strerror(errno)));
}

int Main(int argc, char** argv) {
  CLI::App app("A persistent memory for AI agents.", "nexus");
  app.set_version_flag("--version", "nexus " + std::string(kVersion));
  app.require_subcommand(1);
  app.footer(cli::ExitCodesAsText());
  cli::Action chosen;
  cli::Flags all(app, chosen);
  AddServer(all, "up", "Run Nexus with a private PostgreSQL and Redis.", Servers::kPrivate);
  AddServer(all, "serve", "Run Nexus on a given PostgreSQL and Redis.", Servers::kGiven);
  AddConfig(all);
  AddMigrate(all);
  cli::AddCommands(app, chosen, {std::string(kVersion), DefaultOf("data-dir"), DefaultOf("model")});
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    cli::PrintError(Explain(app, error, std::span(argv, static_cast<size_t>(argc))));
    return cli::kExitUsage;
  }
  try {
    return AfterWriting(chosen());
  } catch (const Failure& failure) {
    cli::PrintError(failure.error());
  } catch (const std::exception& error) {
    cli::PrintError({ErrorCode::kInternal, error.what(), "", ""});
  }
  return cli::kExitFailure;
}

}  // namespace
}  // namespace nexus::app

int main(int argc, char** argv) { return nexus::app::Main(argc, argv); }
