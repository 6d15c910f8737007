#include "cli/command_tree.h"

#include <CLI/CLI.hpp>

namespace nexus::cli {
namespace {

// "{hybrid,words,vectors}", as CLI::IsMember describes itself.
std::vector<std::string> ChoicesOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t begin = type.find('{');
  std::vector<std::string> choices;
  if (begin == type.npos || !type.ends_with('}')) return choices;
  for (auto part : std::views::split(std::string_view(type).substr(begin + 1), ',')) {
    choices.emplace_back(part.begin(), part.end());
  }
  choices.back().pop_back();
  return choices;
}

OptionNode DescribeOption(const CLI::Option& option) {
  OptionNode node{.help = option.get_description(),
                  .choices = ChoicesOf(option),
                  .positional = option.get_positional(),
                  .takes_value = option.get_items_expected_max() > 0,
                  .required = option.get_required(),
                  .repeated = option.get_items_expected_max() > 1};
  if (node.positional) {
    node.names.push_back(option.get_name());
    return node;
  }
  for (const std::string& name : option.get_snames()) node.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) node.names.push_back("--" + name);
  return node;
}

CommandNode Describe(const CLI::App& app, const std::string& before) {
  CommandNode node{.path = before + app.get_name(), .summary = app.get_description()};
  for (const CLI::Option* option : app.get_options()) {
    node.options.push_back(DescribeOption(*option));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    node.commands.push_back(Describe(*command, node.path + " "));
  }
  return node;
}

void Collect(const CommandNode& node, std::vector<const CommandNode*>& all) {
  all.push_back(&node);
  for (const CommandNode& command : node.commands) Collect(command, all);
}

}  // namespace

CommandNode DescribeCommands(const CLI::App& app) { return Describe(app, ""); }

std::vector<const CommandNode*> AllCommands(const CommandNode& root) {
  std::vector<const CommandNode*> all;
  Collect(root, all);
  return all;
}

}  // namespace nexus::cli
