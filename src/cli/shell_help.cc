// nexus completion, nexus man: the commands, for shells and for readers.
#include "cli/answer.h"
#include "cli/command_list.h"
#include "cli/completion.h"
#include "cli/manual.h"
#include "cli/terminal.h"

namespace nexus::cli {
namespace {

int PrintCompletion(const CommandNode& root, const std::string& shell) {
  Print(shell == "bash"  ? BashCompletion(root)
        : shell == "zsh" ? ZshCompletion(root)
                         : FishCompletion(root));
  return kExitOk;
}

}  // namespace

void AddShellHelp(Flags& all, const Defaults& defaults) {
  auto shell = std::make_shared<std::string>();  // shared by the parser and the action
  Flags completion = all.Command("completion", "Print what makes a shell complete commands.");
  completion.ChoiceArgument("SHELL", *shell, {"bash", "zsh", "fish"}, "bash, zsh or fish");
  completion.OnRun([all, shell] { return PrintCompletion(all.Describe(), *shell); });

  auto markdown = std::make_shared<bool>(false);  // shared by the parser and the action
  Flags man = all.Command("man", "Print the manual: nexus man | man -l -");
  man.Switch("--markdown", *markdown, "in Markdown instead");
  man.OnRun([all, markdown, version = defaults.version] {
    Print(*markdown ? ManualAsMarkdown(all.Describe()) : ManualAsRoff(all.Describe(), version));
    return kExitOk;
  });
}

}  // namespace nexus::cli
