#include "app/config_command.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "app/masked.h"
#include "app/reference.h"
#include "app/server_flags.h"
#include "cli/answer.h"
#include "cli/layout.h"
#include "cli/terminal.h"

namespace nexus::app {
namespace {

std::string_view NameOf(Layer layer) {
  switch (layer) {
    case Layer::kDefault:
      return "default";
    case Layer::kFile:
      return "file";
    case Layer::kEnvironment:
      return "environment";
    case Layer::kFlag:
      return "flag";
  }
  return "";
}

int Check(const std::optional<std::string>& file, bool json) {
  const std::vector<Error> faults = FindFaults(file);
  if (cli::PrintsJson(json)) {
    boost::json::array list;
    for (const Error& fault : faults) {
      list.push_back(boost::json::object{{"message", fault.message}, {"remedy", fault.remedy}});
    }
    cli::PrintJson(boost::json::object{{"ok", faults.empty()}, {"faults", std::move(list)}});
  } else {
    const cli::Screen screen = cli::StandardOutput();
    for (const Error& fault : faults) {
      cli::Print(std::format("{} {}\n", screen.Mark(false), cli::Harmless(fault.message)));
      cli::Print(std::format("  {}\n", screen.Bold("→ " + cli::Harmless(fault.remedy))));
    }
    if (faults.empty()) cli::Print(std::format("{} OK\n", screen.Mark(true)));
  }
  return faults.empty() ? cli::kExitOk : cli::kExitFailure;
}

int Show(const ServerFlags& given, bool json) {
  const LayeredValues values = given.Layers();
  boost::json::array list;
  cli::Table table({{"setting"}, {"from"}, {"value"}});
  for (const Setting& setting : Settings()) {
    const LayeredValue& value = values.find(setting.name)->second;
    const std::string text = Shown(setting, value.text);
    table.Add({std::string(setting.name), value.place.empty() ? "default" : value.place, text});
    list.push_back(boost::json::object{{"name", setting.name},
                                       {"value", text},
                                       {"source", NameOf(value.layer)},
                                       {"place", value.place}});
  }
  if (cli::PrintsJson(json)) {
    cli::PrintJson(boost::json::object{{"settings", std::move(list)}});
  } else {
    cli::Print(table.Render(cli::StandardOutput()));
  }
  return cli::kExitOk;
}

int Reference(bool json) {
  if (json) {
    cli::PrintJson(boost::json::object{{"settings", ReferenceAsJson()}});
  } else {
    cli::Print(ReferencePage());
  }
  return cli::kExitOk;
}

}  // namespace

void AddConfig(cli::Flags& all) {
  struct ConfigFlags {
    std::optional<std::string> file;
    ServerFlags server;
    bool json = false;
  };
  auto given = std::make_shared<ConfigFlags>();  // shared by the parser and the actions
  cli::Flags group = all.Group("config", "Check, show and explain the settings of up and serve.");
  cli::Flags check = group.Command("check", "Name all that is wrong with a file and environment.");
  check.OptionalArgument("FILE", given->file, "a nexus.toml [only the environment]");
  check.Switch("--json", given->json, "print JSON also on a terminal");
  check.OnRun([given] { return Check(given->file, given->json); });

  cli::Flags show = group.Command("show", "Each setting in effect, and where it comes from.");
  given->server.AddTo(show);
  show.Switch("--json", given->json, "print JSON also on a terminal");
  show.OnRun([given] { return Show(given->server, given->json); });

  cli::Flags reference = group.Command("reference", "Every setting there is, as Markdown.");
  reference.Switch("--json", given->json, "print JSON instead");
  reference.OnRun([given] { return Reference(given->json); });
}

}  // namespace nexus::app
