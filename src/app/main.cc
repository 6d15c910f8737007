// nexus: the server and its command line.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "app/node.h"
#include "app/run.h"
#include "cli/commands.h"
#include "cli/terminal.h"

namespace nexus::app {
namespace {

// Flags of a server command as they were given; layers below come in later.
struct ServerFlags {
  std::map<std::string, std::string> texts;
  std::string file;

  void AddTo(CLI::App& command) {
    command.add_option("--config", file, "a nexus.toml");
    for (const Setting& setting : Settings()) {
      std::string help(setting.help);
      if (!setting.default_text.empty()) help += " [" + setting.default_text + "]";
      command.add_option("--" + std::string(setting.name), texts[std::string(setting.name)], help);
    }
  }

  Config Resolve(const CLI::App& command) const {
    FlagValues given;
    for (const auto& [name, text] : texts) {
      if (command.count("--" + name) > 0) given[name] = text;
    }
    std::optional<std::filesystem::path> path;
    if (!file.empty()) path = file;
    auto values = ResolveSettings(given, path);
    if (!values) throw Failure(values.error());
    auto config = MakeConfig(*values);
    if (!config) throw Failure(config.error());
    return *config;
  }
};

bool IsCommand(CLI::App& app, const std::string& name) {
  return !app.get_subcommands([&](CLI::App* command) { return command->check_name(name); }).empty();
}

std::string DefaultOf(std::string_view name) {
  return std::ranges::find(Settings(), name, &Setting::name)->default_text;
}

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
  cli::Action chosen;
  ServerFlags up_flags, serve_flags;
  CLI::App* up = app.add_subcommand("up", "Run Nexus with a private PostgreSQL and Redis.");
  CLI::App* serve = app.add_subcommand("serve", "Run Nexus on a given PostgreSQL and Redis.");
  up_flags.AddTo(*up);
  serve_flags.AddTo(*serve);
  up->callback([&] {
    chosen = [&] {
      Run(up_flags.Resolve(*up), Servers::kPrivate);
      return cli::kExitOk;
    };
  });
  serve->callback([&] {
    chosen = [&] {
      Run(serve_flags.Resolve(*serve), Servers::kGiven);
      return cli::kExitOk;
    };
  });
  cli::AddCommands(app, chosen, {std::string(kVersion), DefaultOf("data-dir"), DefaultOf("model")});
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (argc > 1 && argv[1][0] != '-' && !IsCommand(app, argv[1])) {
      cli::PrintError({ErrorCode::kInvalid, std::format("there is no command `{}`", argv[1]), "",
                       "`nexus --help` lists them"});
      return cli::kExitUsage;
    }
    return app.exit(error) == 0 ? cli::kExitOk : cli::kExitUsage;
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
