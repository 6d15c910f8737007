// nexus space list, show, add, verify, activate, rollback, retire: another embedding model, while
// reads and writes go on.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <thread>

#include "base/json.h"
#include "cli/answer.h"
#include "cli/command_list.h"
#include "cli/progress.h"
#include "cli/space_view.h"

namespace nexus::cli {
namespace {

constexpr std::chrono::milliseconds kLookAgain{500};

struct SpaceFlags {
  ConnectionFlags connection;
  std::string id;
  std::string directory;
  bool no_wait = false;
  bool force = false;
  bool yes = false;
  std::optional<int64_t> questions;

  bool WantsJson() const { return PrintsJson(connection.json); }
};

int ListThem(const SpaceFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  const boost::json::object answer = server.Ask("GET", "/v1/embedding-spaces");
  const boost::json::array& spaces = ListOf(answer, "spaces");
  if (given.WantsJson()) {
    PrintJson(answer);
  } else if (spaces.empty()) {
    Print("There is none: `nexus space add DIRECTORY` takes a model into use.\n");
  } else {
    Print(SpaceTable(spaces, StandardOutput()));
  }
  return kExitOk;
}

int PrintSpace(const SpaceFlags& given, const boost::json::object& space, std::string_view note) {
  if (given.WantsJson()) {
    PrintJson(space);
  } else {
    Print(SpaceDetails(space));
  }
  if (!note.empty()) PrintNote(note);
  return kExitOk;
}

int Show(const SpaceFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  return PrintSpace(given, server.Ask("GET", SpaceTarget(given.id)), "");
}

// Until nothing is pending, or the server has trouble with the space.
boost::json::object WaitFilled(Server& server, const std::string& id) {
  std::optional<Progress> progress;
  while (true) {
    boost::json::object space = server.Ask("GET", SpaceTarget(id));
    const boost::json::object& episodes = ObjectOf(space, "episodes");
    if (!progress) progress.emplace("embedding", CountOf(episodes, "total"), StandardError());
    progress->Show(CountOf(episodes, "embedded") + CountOf(episodes, "failed"));
    if (CountOf(episodes, "pending") == 0 || !TextOf(space, "trouble").empty()) return space;
    std::this_thread::sleep_for(kLookAgain);
  }
}

int Add(const SpaceFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  const std::string source = std::filesystem::absolute(given.directory).lexically_normal().string();
  RequireUtf8(source, "the directory");
  boost::json::object space = server.Ask("POST", "/v1/embedding-spaces",
                                         SerializeJson(boost::json::object{{"source", source}}));
  const std::string id = std::to_string(CountOf(space, "id"));
  if (!given.no_wait) space = WaitFilled(server, id);
  if (TextOf(space, "state") == "active") return PrintSpace(given, space, "it serves");
  return PrintSpace(given, space,
                    std::format("compare it with `nexus space verify {0}`, let it serve with "
                                "`nexus space activate {0}`",
                                id));
}

int Verify(const SpaceFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  boost::json::object request;
  if (given.questions) request["questions"] = *given.questions;
  const boost::json::object verified =
      server.Ask("POST", SpaceTarget(given.id, "/verify"), SerializeJson(request));
  const bool complete = TruthOf(verified, "complete");
  if (given.WantsJson()) {
    PrintJson(verified);
    return complete ? kExitOk : kExitFailure;
  }
  const boost::json::object& episodes = ObjectOf(verified, "episodes");
  const Screen screen = StandardOutput();
  Print(std::format("{} coverage  {}: {} of {} episodes, {} pending, {} failed\n",
                    screen.Mark(complete), Percent(NumberOf(verified, "coverage")),
                    CountOf(episodes, "embedded"), CountOf(episodes, "total"),
                    CountOf(episodes, "pending"), CountOf(episodes, "failed")));
  Print(std::format("  overlap   {} of the results of {} questions are the same\n",
                    Percent(NumberOf(verified, "overlap")), CountOf(verified, "questions")));
  return complete ? kExitOk : kExitFailure;
}

int Activate(const SpaceFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  const boost::json::object space =
      server.Ask("POST", SpaceTarget(given.id, "/activate"),
                 SerializeJson(boost::json::object{{"force", given.force}}));
  return PrintSpace(given, space,
                    "it serves; `nexus space rollback` goes back, `nexus space retire ID` ends the "
                    "former one");
}

int Rollback(const SpaceFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  return PrintSpace(given, server.Ask("POST", "/v1/embedding-spaces/rollback"), "it serves again");
}

int Retire(const SpaceFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  if (!given.yes) {
    if (!CanAsk()) {
      PrintError({ErrorCode::kInvalid, "the vectors of a space cannot be brought back", "",
                  "say --yes if that is what you want"});
      return kExitFailure;
    }
    const std::string typed = AskPerson(
        std::format("This deletes the vectors of space {}. Type its id to go on:", given.id));
    if (typed != given.id) {
      PrintNote("nothing was deleted");
      return kExitFailure;
    }
  }
  return PrintSpace(given, server.Ask("DELETE", SpaceTarget(given.id)), "its vectors are gone");
}

using Run = int (*)(const SpaceFlags&, const Defaults&);

// The command, and where its flags go.
std::pair<Flags, std::shared_ptr<SpaceFlags>> AddOne(Flags& group, const Defaults& defaults,
                                                     const char* name, const char* summary,
                                                     Run run) {
  auto given = std::make_shared<SpaceFlags>();  // shared by the parser and the action
  Flags command = group.Command(name, summary);
  AddConnection(command, given->connection);
  command.OnRun([given, defaults, run] { return run(*given, defaults); });
  return {command, given};
}

}  // namespace

void AddSpace(Flags& all, const Defaults& defaults) {
  constexpr const char* kId = "its id, as `nexus space list` shows it";
  Flags group = all.Group("space", "Embedding spaces: change the model while all goes on.");
  AddOne(group, defaults, "list", "The spaces, and how complete they are.", &ListThem);
  auto [show, shown] = AddOne(group, defaults, "show", "One space.", &Show);
  show.Argument("ID", shown->id, kId);
  auto [add, added] = AddOne(group, defaults, "add",
                             "Build a space for another model, beside the one that serves.", &Add);
  add.Argument("DIRECTORY", added->directory, "of the model, on the server's machine");
  add.Switch("--no-wait", added->no_wait, "do not wait until it is filled");
  auto [verify, verified] =
      AddOne(group, defaults, "verify",
             "Is it complete, and does it find what the active one finds?", &Verify);
  verify.Argument("ID", verified->id, kId);
  verify.Number("--questions", verified->questions, "how many to ask [50]");
  auto [activate, activated] =
      AddOne(group, defaults, "activate", "Let a space serve; the former one is kept.", &Activate);
  activate.Argument("ID", activated->id, kId);
  activate.Switch("--force", activated->force, "also if it is not complete");
  AddOne(group, defaults, "rollback", "Let the space serve again that served before.", &Rollback);
  auto [retire, retired] = AddOne(group, defaults, "retire",
                                  "Delete the vectors of a space that does not serve.", &Retire);
  retire.Argument("ID", retired->id, kId);
  retire.Switch("-y,--yes", retired->yes, "do not ask");
}

}  // namespace nexus::cli
