// What a command takes on its command line: the one door to CLI11.
//
// Targets are given by reference; they must live until the command has run, so commands keep them
// in a struct that their action owns.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_tree.h"
#include "cli/commands.h"

namespace nexus::cli {

class Flags {
 public:
  // `chosen` is set when one of the commands below `app` is parsed.
  Flags(CLI::App& app, Action& chosen) : app_(&app), chosen_(&chosen) {}

  // A command below this one.
  Flags Command(const std::string& name, const std::string& summary);
  // A command that only holds others: one of them has to be named.
  Flags Group(const std::string& name, const std::string& summary);
  // What follows the command's own flags, and flags that are not its own, goes to `rest` as it is.
  void PassThrough(std::vector<std::string>& rest);
  void OnRun(Action action);

  enum Need { kOptional, kRequired };  // a required one that is missing is a usage error

  // Names as typed: "--tag", or "-y,--yes".
  void Text(const std::string& name, std::string& target, const std::string& help,
            Need need = kOptional);
  void Text(const std::string& name, std::optional<std::string>& target, const std::string& help);
  // May come several times, or with commas between.
  void List(const std::string& name, std::vector<std::string>& target, const std::string& help);
  void Number(const std::string& name, std::optional<int64_t>& target, const std::string& help);
  void Number(const std::string& name, std::optional<double>& target, const std::string& help);
  void Choice(const std::string& name, std::optional<std::string>& target,
              std::initializer_list<std::string> choices, const std::string& help);
  void Switch(const std::string& name, bool& target, const std::string& help);

  // Words without a flag; required, but for OptionalArgument.
  void Argument(const std::string& name, std::string& target, const std::string& help);
  void OptionalArgument(const std::string& name, std::optional<std::string>& target,
                        const std::string& help);
  void ChoiceArgument(const std::string& name, std::string& target,
                      std::initializer_list<std::string> choices, const std::string& help);
  void Arguments(const std::string& name, std::vector<std::string>& target,
                 const std::string& help);

  // This command and those below it, as they have been declared so far.
  CommandNode Describe() const { return DescribeCommands(*app_); }

 private:
  CLI::App* app_;
  Action* chosen_;
};

}  // namespace nexus::cli
