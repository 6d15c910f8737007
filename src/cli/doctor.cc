// nexus doctor: what is wrong, and what to do about it.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "cli/answer.h"
#include "cli/command_list.h"
#include "cli/doctor_checks.h"
#include "cli/layout.h"
#include "cli/terminal.h"
#include "http/client.h"

namespace nexus::cli {
namespace {

struct DoctorFlags {
  ConnectionFlags connection;
  std::string model;
};

bool IsHealthy(const std::vector<Check>& checks) {
  return std::ranges::all_of(checks, [](const Check& check) { return check.ok || !check.needed; });
}

boost::json::object AsJson(const std::vector<Check>& checks) {
  boost::json::array list;
  for (const Check& check : checks) {
    list.push_back(boost::json::object{{"name", check.name},
                                       {"ok", check.ok},
                                       {"needed", check.needed},
                                       {"detail", check.detail},
                                       {"remedy", check.remedy}});
  }
  return {{"ok", IsHealthy(checks)}, {"checks", std::move(list)}};
}

void PrintChecks(const std::vector<Check>& checks, const Screen& screen) {
  size_t widest = 0;
  for (const Check& check : checks) widest = std::max(widest, DisplayWidth(check.name));
  for (const Check& check : checks) {
    const std::string padding(widest - DisplayWidth(check.name), ' ');
    Print(std::format("{} {}{}  {}\n", screen.Mark(check.ok), check.name, padding,
                      Cut(check.detail, screen.width - widest - 4)));
    if (!check.ok && !check.remedy.empty()) {
      Print(std::format("  {:{}}  {}\n", "", widest, screen.Bold("→ " + check.remedy)));
    }
  }
  if (IsHealthy(checks)) return Print("\nAll that is needed is well.\n");
  Print("\nSomething that is needed is wrong: the arrows say what to do.\n");
}

int Doctor(const DoctorFlags& given, const Defaults& defaults) {
  const Connection connection =
      Resolve(given.connection, ProcessEnvironment, defaults.data_directory);
  std::filesystem::path model = given.model;
  if (model.empty()) model = ProcessEnvironment("NEXUS_MODEL");
  if (model.empty()) model = defaults.model_directory;
  std::vector<Check> checks;
  auto url = http::ParseUrl(connection.url);
  if (!url || IsThisMachine(url->host)) checks = CheckMachine(connection, model);
  for (Check& check : CheckServer(connection)) checks.push_back(std::move(check));
  if (PrintsJson(given.connection.json)) {
    PrintJson(AsJson(checks));
  } else {
    PrintChecks(checks, StandardOutput());
  }
  return IsHealthy(checks) ? kExitOk : kExitFailure;
}

}  // namespace

void AddDoctor(Flags& all, const Defaults& defaults) {
  auto given = std::make_shared<DoctorFlags>();  // shared by the parser and the action
  Flags command = all.Command("doctor", "What is wrong, and what to do about it.");
  command.Text("--model", given->model, "the directory of the embedding model [NEXUS_MODEL]");
  AddConnection(command, given->connection);
  command.OnRun([given, defaults] { return Doctor(*given, defaults); });
}

}  // namespace nexus::cli
