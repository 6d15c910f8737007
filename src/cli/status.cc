// nexus status: is the server well, and what do its brains hold?
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "cli/answer.h"
#include "cli/brains.h"
#include "cli/command_list.h"
#include "cli/layout.h"
#include "cli/server.h"
#include "cli/terminal.h"

namespace nexus::cli {
namespace {

void PrintHealth(const boost::json::object& health, const Connection& connection,
                 const Screen& screen) {
  const bool down = TextOf(health, "status") == "down";
  Print(std::format("{} Nexus {} at {}: {}\n\n", screen.Mark(!down), TextOf(health, "version"),
                    connection.url, TextOf(health, "status")));
  for (const auto& part : ListOf(health, "parts")) {
    const boost::json::object& object = AsObject(part);
    Print(std::format("  {} {:<16} {}\n", screen.Mark(TruthOf(object, "ok")),
                      Cut(TextOf(object, "name"), 16),
                      Cut(TextOf(object, "detail"), screen.width - 21)));
  }
}

void PrintBrains(const boost::json::array& brains, const Screen& screen) {
  if (brains.empty()) {
    Print("\nThere is no brain yet: `nexus remember TEXT` makes the first.\n");
    return;
  }
  Table table(
      {{"brain"}, {"episodes", true}, {"embedded", true}, {"pending", true}, {"failed", true}});
  for (const auto& brain : brains) {
    const boost::json::object& object = AsObject(brain);
    const boost::json::object& episodes = ObjectOf(ObjectOf(object, "stats"), "episodes");
    std::vector<std::string> cells = {std::string(TextOf(object, "name"))};
    for (const char* name : {"total", "embedded", "pending", "failed"}) {
      cells.push_back(std::to_string(CountOf(episodes, name)));
    }
    table.Add(std::move(cells));
  }
  Print("\n" + table.Render(screen));
}

int Status(const ConnectionFlags& given, const Defaults& defaults) {
  Server server = Connect(given, defaults);
  boost::json::object answer;
  answer["health"] = server.Ask("GET", "/health/comprehensive");
  answer["brains"] = BrainsWithStats(server);
  const boost::json::object& health = AsObject(answer["health"]);
  const int code = TextOf(health, "status") == "down" ? kExitFailure : kExitOk;
  const Screen screen = StandardOutput();
  if (PrintsJson(given.json)) {
    PrintJson(answer);
    return code;
  }
  PrintHealth(health, server.connection(), screen);
  PrintBrains(ListOf(answer, "brains"), screen);
  return code;
}

}  // namespace

void AddStatus(Flags& all, const Defaults& defaults) {
  auto given = std::make_shared<ConnectionFlags>();  // shared by the parser and the action
  Flags command = all.Command("status", "Is the server well, and what do its brains hold?");
  AddConnection(command, *given);
  command.OnRun([given, defaults] { return Status(*given, defaults); });
}

}  // namespace nexus::cli
