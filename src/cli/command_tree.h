// The commands as data, read from the parser itself: what completions and manual are made of.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace nexus::cli {

struct OptionNode {
  std::vector<std::string> names;  // as typed: "-y", "--yes"; a word without a flag: "ID"
  std::string help;
  std::vector<std::string> choices;  // the values it takes, if they are few
  bool positional = false;
  bool takes_value = false;
  bool required = false;
  bool repeated = false;
};

struct CommandNode {
  std::string path;  // "nexus brain list"
  std::string summary;
  std::vector<OptionNode> options;
  std::vector<CommandNode> commands;

  std::string name() const { return path.substr(path.rfind(' ') + 1); }
};

// `app` and everything below it, in the order of their declaration.
CommandNode DescribeCommands(const CLI::App& app);

// The tree as a list: each command before those below it.
std::vector<const CommandNode*> AllCommands(const CommandNode& root);

}  // namespace nexus::cli
