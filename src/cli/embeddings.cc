// nexus embeddings status, retry, backfill: what is found by meaning, and what is not yet.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "cli/answer.h"
#include "cli/command_list.h"
#include "cli/layout.h"
#include "cli/space_view.h"

namespace nexus::cli {
namespace {

struct EmbeddingsFlags {
  ConnectionFlags connection;
  std::optional<std::string> space;
};

std::string SpaceOf(Server& server, const EmbeddingsFlags& given) {
  if (given.space) return *given.space;
  return std::to_string(CountOf(FindActiveSpace(server), "id"));
}

int Status(const EmbeddingsFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  const std::string id = SpaceOf(server, given);
  boost::json::object space = server.Ask("GET", SpaceTarget(id));
  space["failures"] = server.Ask("GET", SpaceTarget(id, "/failures"))["failures"];
  if (PrintsJson(given.connection.json)) {
    PrintJson(space);
    return kExitOk;
  }
  Print(SpaceDetails(space));
  Table table({{"brain"}, {"episode"}, {"attempts", true}, {"reason"}});
  for (const boost::json::value& item : ListOf(space, "failures")) {
    const boost::json::object& failure = AsObject(item);
    table.Add({std::string(TextOf(failure, "brain_id")), std::string(TextOf(failure, "episode_id")),
               std::to_string(CountOf(failure, "attempts")),
               std::string(TextOf(failure, "reason"))});
  }
  if (table.rows() == 0) return kExitOk;
  Print("\n" + table.Render(StandardOutput()));
  PrintNote("`nexus embeddings retry` tries them again");
  return kExitOk;
}

int Queue(const EmbeddingsFlags& given, const Defaults& defaults, const char* how) {
  Server server = Connect(given.connection, defaults);
  const boost::json::object answer =
      server.Ask("POST", SpaceTarget(SpaceOf(server, given), std::string("/") + how));
  if (PrintsJson(given.connection.json)) {
    PrintJson(answer);
  } else {
    Print(std::format("{} episodes are queued\n", CountOf(answer, "queued")));
  }
  return kExitOk;
}

int Retry(const EmbeddingsFlags& given, const Defaults& defaults) {
  return Queue(given, defaults, "retry");
}

int Backfill(const EmbeddingsFlags& given, const Defaults& defaults) {
  return Queue(given, defaults, "backfill");
}

void AddOne(Flags& group, const Defaults& defaults, const char* name, const char* summary,
            int (*run)(const EmbeddingsFlags&, const Defaults&)) {
  auto given = std::make_shared<EmbeddingsFlags>();  // shared by the parser and the action
  Flags command = group.Command(name, summary);
  AddConnection(command, given->connection);
  command.Text("--space", given->space, "id of the embedding space [the one that serves]");
  command.OnRun([given, defaults, run] { return run(*given, defaults); });
}

}  // namespace

void AddEmbeddings(Flags& all, const Defaults& defaults) {
  Flags group = all.Group("embeddings", "What is found by meaning, and what is not yet.");
  AddOne(group, defaults, "status", "How much is embedded, and what was given up.", &Status);
  AddOne(group, defaults, "retry", "Try again what was given up.", &Retry);
  AddOne(group, defaults, "backfill", "Queue what has neither a vector nor work.", &Backfill);
}

}  // namespace nexus::cli
