// nexus recall: a question in, memories out.
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/json.h"
#include "cli/answer.h"
#include "cli/command_list.h"
#include "cli/recall_view.h"
#include "cli/server.h"
#include "cli/terminal.h"

namespace nexus::cli {
namespace {

struct RecallFlags {
  ConnectionFlags connection;
  std::vector<std::string> words;
  std::optional<int64_t> limit;
  std::optional<std::string> mode;
};

int Recall(const RecallFlags& given, const Defaults& defaults) {
  std::string question;
  for (const std::string& word : given.words) question += (question.empty() ? "" : " ") + word;
  RequireUtf8(question, "the question");
  const bool json = PrintsJson(given.connection.json);
  boost::json::object request{{"query", question}};
  if (!json) request["limit"] = 5;
  if (given.limit) request["limit"] = *given.limit;
  if (given.mode) request["mode"] = *given.mode;
  Server server(Resolve(given.connection, ProcessEnvironment, defaults.data_directory));
  const boost::json::object answer =
      server.Ask("POST", BrainTarget(server.connection().brain, "/recall"), SerializeJson(request));
  if (json) {
    PrintJson(answer);
  } else {
    Print(RenderRecall(answer, question, StandardOutput()));
  }
  return kExitOk;
}

}  // namespace

void AddRecall(Flags& all, const Defaults& defaults) {
  auto given = std::make_shared<RecallFlags>();  // shared by the parser and the action
  Flags command = all.Command("recall", "Find memories by word and meaning.");
  command.Arguments("QUERY", given->words, "a question, or some words");
  command.Number("--limit", given->limit, "how many at most [5 on a terminal]");
  command.Choice("--mode", given->mode, {"hybrid", "words", "vectors"},
                 "by word and meaning, by word alone, by meaning alone [hybrid]");
  AddConnection(command, given->connection, BrainFlag::kOne);
  command.OnRun([given, defaults] { return Recall(*given, defaults); });
}

}  // namespace nexus::cli
