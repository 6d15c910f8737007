// nexus recall: a question in, memories out.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/json.h"
#include "cli/answer.h"
#include "cli/command_list.h"
#include "cli/episode_fields.h"
#include "cli/filter_flags.h"
#include "cli/recall_view.h"
#include "cli/server.h"
#include "cli/terminal.h"
#include "cli/typed_time.h"

namespace nexus::cli {
namespace {

struct RecallFlags {
  ConnectionFlags connection;
  std::vector<std::string> words;
  std::optional<int64_t> limit;
  std::optional<std::string> mode;
  FilterFlags filter;
  std::optional<std::string> metadata, as_of, min_position;
  std::optional<double> recency, half_life, importance;
  std::optional<int64_t> expand, token_budget;
  bool dedupe = false;
  bool explain = false;
};

boost::json::object FilterOf(const RecallFlags& given) {
  boost::json::object filter = FilterOf(given.filter);
  if (given.metadata) {
    filter["metadata"] = ReadObject(*given.metadata, "--metadata", R"({"lamp":{"gte":3}})");
  }
  return filter;
}

int Recall(const RecallFlags& given, const Defaults& defaults) {
  std::string question;
  for (const std::string& word : given.words) question += (question.empty() ? "" : " ") + word;
  RequireUtf8(question, "the question");
  const bool json = PrintsJson(given.connection.json);
  boost::json::object request{{"query", question}};
  if (!json && !given.token_budget) request["limit"] = 5;
  SetIfGiven(request, "limit", given.limit);
  SetIfGiven(request, "mode", given.mode);
  SetIfGiven(request, "recency_weight", given.recency);
  SetIfGiven(request, "recency_half_life_days", given.half_life);
  SetIfGiven(request, "importance_weight", given.importance);
  SetIfGiven(request, "expand", given.expand);
  SetIfGiven(request, "token_budget", given.token_budget);
  SetIfGiven(request, "as_of", given.as_of.transform(&AsRfc3339));
  SetIfGiven(request, "min_position", given.min_position);
  if (given.dedupe) request["dedupe"] = true;
  if (given.explain) request["explain"] = true;
  if (auto filter = FilterOf(given); !filter.empty()) request["filter"] = std::move(filter);
  Server server = Connect(given.connection, defaults);
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
  AddFilterFlags(command, given->filter);
  command.Text("--metadata", given->metadata,
               R"(with such members, as {"lamp":3} or {"lamp":{"gte":1,"lt":3}})");
  command.Text("--as-of", given->as_of, "what was known then, as 2026-01-31T00:00:00Z");
  command.Switch("--dedupe", given->dedupe, "what says the same only once");
  command.Text("--min-position", given->min_position, "what was written up to there is read, too");
  command.Number("--recency", given->recency, "how much being new adds to the score [0]");
  command.Number("--half-life", given->half_life, "in how many days recency halves [30]");
  command.Number("--importance", given->importance, "how much importance adds to the score [0]");
  command.Number("--expand", given->expand, "so many turns around each, of its conversation [0]");
  command.Number("--token-budget", given->token_budget, "as many as fit into so many tokens");
  command.Switch("--explain", given->explain, "how each came to its place");
  AddConnection(command, given->connection, BrainFlag::kOne);
  command.OnRun([given, defaults] { return Recall(*given, defaults); });
}

}  // namespace nexus::cli
