// nexus brain list, create, show, delete.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/json.h"
#include "cli/answer.h"
#include "cli/brains.h"
#include "cli/command_list.h"
#include "cli/layout.h"
#include "cli/terminal.h"

namespace nexus::cli {
namespace {

struct BrainFlags {
  ConnectionFlags connection;
  std::string name;
  bool yes = false;

  bool WantsJson() const { return PrintsJson(connection.json); }
};

int ListThem(const BrainFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  boost::json::array brains = ListBrains(server);
  if (given.WantsJson()) {
    PrintJson(boost::json::object{{"brains", std::move(brains)}, {"next_cursor", nullptr}});
    return kExitOk;
  }
  if (brains.empty()) Print("There is no brain yet: `nexus brain create NAME` makes one.\n");
  Table table({{"name"}, {"created"}, {"id"}});
  for (const auto& brain : brains) {
    const boost::json::object& object = AsObject(brain);
    table.Add({std::string(TextOf(object, "name")), ShortTime(TextOf(object, "created_at")),
               std::string(TextOf(object, "id"))});
  }
  if (table.rows() > 0) Print(table.Render(StandardOutput()));
  return kExitOk;
}

int Create(const BrainFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  const boost::json::object made = MakeBrain(server, given.name);
  if (given.WantsJson()) {
    PrintJson(made);
  } else {
    Print(
        std::format("brain {} is made: nexus remember --brain {} TEXT\n", given.name, given.name));
  }
  return kExitOk;
}

int Show(const BrainFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  boost::json::object brain = server.Ask("GET", BrainTarget(given.name));
  brain["stats"] = server.Ask("GET", BrainTarget(given.name, "/stats"));
  if (given.WantsJson()) {
    PrintJson(brain);
    return kExitOk;
  }
  const boost::json::object& stats = AsObject(brain["stats"]);
  const boost::json::object& episodes = ObjectOf(stats, "episodes");
  const std::string_view model = TextOf(ObjectOf(stats, "model"), "name");
  const auto count = [&](const char* name) { return CountOf(episodes, name); };
  Print(std::format(
      "name      {}\nid        {}\ncreated   {}\nepisodes  {}\nembedded  {}\n"
      "pending   {}\nfailed    {}\nmodel     {}\n",
      TextOf(brain, "name"), TextOf(brain, "id"), ShortTime(TextOf(brain, "created_at")),
      count("total"), count("embedded"), count("pending"), count("failed"),
      model.empty() ? "none: found by words alone" : model));
  return kExitOk;
}

bool IsConfirmed(const BrainFlags& given) {
  if (given.yes) return true;
  if (!CanAsk()) {
    PrintError({ErrorCode::kInvalid, "deleting a brain cannot be undone", "",
                "say --yes if that is what you want"});
    return false;
  }
  const std::string typed = AskPerson(std::format(
      "This forgets everything in brain {}, for good. Type its name to go on:", given.name));
  if (typed == given.name) return true;
  PrintNote("nothing was deleted");
  return false;
}

int Delete(const BrainFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  server.Ask("GET", BrainTarget(given.name));
  if (!IsConfirmed(given)) return kExitFailure;
  server.Ask("DELETE", BrainTarget(given.name));
  if (given.WantsJson()) {
    PrintJson(boost::json::object{{"deleted", given.name}});
  } else {
    Print(std::format("brain {} is deleted\n", given.name));
  }
  return kExitOk;
}

void AddOne(Flags& group, const Defaults& defaults, const char* name, const char* summary,
            int (*run)(const BrainFlags&, const Defaults&)) {
  auto given = std::make_shared<BrainFlags>();  // shared by the parser and the action
  Flags command = group.Command(name, summary);
  AddConnection(command, given->connection);
  if (run != &ListThem) command.Argument("NAME", given->name, "name or id of the brain");
  if (run == &Delete) command.Switch("-y,--yes", given->yes, "do not ask");
  command.OnRun([given, defaults, run] { return run(*given, defaults); });
}

}  // namespace

boost::json::array ListBrains(Server& server) {
  boost::json::array all;
  std::string target = "/v1/brains?limit=1000";
  while (!target.empty()) {
    const boost::json::object page = server.Ask("GET", target);
    for (const auto& brain : ListOf(page, "brains")) all.push_back(brain);
    const std::string_view cursor = TextOf(page, "next_cursor");
    target = cursor.empty() ? "" : "/v1/brains?limit=1000&cursor=" + http::PercentEncode(cursor);
  }
  return all;
}

boost::json::array BrainsWithStats(Server& server) {
  boost::json::array all;
  for (const boost::json::value& brain : ListBrains(server)) {
    boost::json::object object = AsObject(brain);
    try {
      object["stats"] = server.Ask("GET", BrainTarget(TextOf(object, "id"), "/stats"));
    } catch (const Failure& failure) {
      if (failure.error().code == ErrorCode::kNotFound) continue;
      throw;
    }
    all.push_back(std::move(object));
  }
  return all;
}

boost::json::object MakeBrain(Server& server, std::string_view name) {
  RequireUtf8(name, "the brain's name");
  return server.Ask("POST", "/v1/brains", SerializeJson(boost::json::object{{"name", name}}));
}

void MakeIfDefault(Server& server, const Failure& missing) {
  const std::string& brain = server.connection().brain;
  if (brain != "default") {
    throw Failure(ErrorCode::kNotFound, missing.error().message,
                  "make it with `nexus brain create " + brain + "`");
  }
  try {
    MakeBrain(server, brain);
    PrintNote("made the brain " + brain);
  } catch (const Failure& failure) {
    if (failure.error().code != ErrorCode::kConflict) throw;  // somebody else just made it
  }
}

void RequireBrain(Server& server) {
  try {
    server.Ask("GET", BrainTarget(server.connection().brain));
  } catch (const Failure& failure) {
    if (failure.error().code != ErrorCode::kNotFound) throw;
    MakeIfDefault(server, failure);
  }
}

void AddBrain(Flags& all, const Defaults& defaults) {
  Flags group = all.Group("brain", "List, make, show and delete brains.");
  AddOne(group, defaults, "list", "All brains that the key opens.", &ListThem);
  AddOne(group, defaults, "create", "Make a brain: an isolated memory.", &Create);
  AddOne(group, defaults, "show", "One brain, and how much of it is embedded.", &Show);
  AddOne(group, defaults, "delete", "Delete a brain with all that it remembers.", &Delete);
}

}  // namespace nexus::cli
