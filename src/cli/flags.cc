#include "cli/flags.h"

#include <CLI/CLI.hpp>

namespace nexus::cli {
namespace {

// CLI11 takes an empty text for none where the target is optional.
auto Into(std::optional<std::string>& target) {
  return [&target](const std::string& text) { target = text; };
}

}  // namespace

Flags Flags::Command(const std::string& name, const std::string& summary) {
  return Flags(*app_->add_subcommand(name, summary), *chosen_);
}

Flags Flags::Group(const std::string& name, const std::string& summary) {
  CLI::App* group = app_->add_subcommand(name, summary);
  group->require_subcommand(1);
  return Flags(*group, *chosen_);
}

void Flags::PassThrough(std::vector<std::string>& rest) {
  app_->prefix_command();
  app_->set_help_flag("--help", "Print this help message and exit");
  app_->parse_complete_callback([app = app_, &rest] { rest = app->remaining(); });
}

void Flags::OnRun(Action action) {
  app_->callback(
      [chosen = chosen_, action = std::move(action)]() mutable { *chosen = std::move(action); });
}

void Flags::Text(const std::string& name, std::string& target, const std::string& help, Need need) {
  app_->add_option(name, target, help)->required(need == kRequired);
}

void Flags::Text(const std::string& name, std::optional<std::string>& target,
                 const std::string& help) {
  app_->add_option_function<std::string>(name, Into(target), help);
}

void Flags::List(const std::string& name, std::vector<std::string>& target,
                 const std::string& help) {
  app_->add_option(name, target, help)
      ->delimiter(',')
      ->allow_extra_args(false)  // else `--tag letters -` would take the `-` along
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void Flags::Number(const std::string& name, std::optional<int64_t>& target,
                   const std::string& help) {
  app_->add_option(name, target, help);
}

void Flags::Number(const std::string& name, std::optional<double>& target,
                   const std::string& help) {
  app_->add_option(name, target, help);
}

void Flags::Choice(const std::string& name, std::optional<std::string>& target,
                   std::initializer_list<std::string> choices, const std::string& help) {
  app_->add_option(name, target, help)->check(CLI::IsMember(std::vector<std::string>(choices)));
}

void Flags::Switch(const std::string& name, bool& target, const std::string& help) {
  app_->add_flag(name, target, help);
}

void Flags::Argument(const std::string& name, std::string& target, const std::string& help) {
  app_->add_option(name, target, help)->required();
}

void Flags::OptionalArgument(const std::string& name, std::optional<std::string>& target,
                             const std::string& help) {
  app_->add_option_function<std::string>(name, Into(target), help);
}

void Flags::ChoiceArgument(const std::string& name, std::string& target,
                           std::initializer_list<std::string> choices, const std::string& help) {
  app_->add_option(name, target, help)
      ->required()
      ->check(CLI::IsMember(std::vector<std::string>(choices)));
}

void Flags::Arguments(const std::string& name, std::vector<std::string>& target,
                      const std::string& help) {
  app_->add_option(name, target, help)->required();
}

}  // namespace nexus::cli
