#include "cli/commands.h"

#include <cstdio>

#include "cli/command_list.h"

namespace nexus::cli {

std::span<const ExitCode> ExitCodes() {
  static constexpr ExitCode kAll[] = {
      {kExitOk, "it is done"},
      {kExitFailure, "it was tried and failed, or what was looked at is not well; stderr says why"},
      {kExitUsage, "the command line is not understood"},
      {kExitPartly,
       "it went through, but not for everything: lines of `import` were refused, "
       "migrations of `migrate status` are missing"},
  };
  return kAll;
}

void AddCommands(CLI::App& app, Action& chosen, const Defaults& defaults) {
  Flags all(app, chosen);
  AddStatus(all, defaults);
  AddRemember(all, defaults);
  AddImport(all, defaults);
  AddRecall(all, defaults);
  AddEpisodes(all, defaults);
  AddRevise(all, defaults);
  AddBrain(all, defaults);
  AddKey(all, defaults);
  AddSpace(all, defaults);
  AddEmbeddings(all, defaults);
  AddBench(all, defaults);
  AddDemo(all, defaults);
  AddDoctor(all, defaults);
  AddPsql(all, defaults);
  AddShellHelp(all, defaults);
  all.Command("version", "Print the version.").OnRun([version = defaults.version] {
    std::puts(("nexus " + version).c_str());
    return kExitOk;
  });
}

}  // namespace nexus::cli
