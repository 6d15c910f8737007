// nexus revise, invalidate, history: what was remembered turns out otherwise.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/json.h"
#include "cli/answer.h"
#include "cli/command_list.h"
#include "cli/episode_fields.h"
#include "cli/layout.h"
#include "cli/server.h"
#include "cli/terminal.h"

namespace nexus::cli {
namespace {

// What --clear calls it, and what the HTTP interface does.
constexpr std::pair<std::string_view, std::string_view> kClearable[] = {
    {"speaker", "speaker"},    {"session", "session_id"},
    {"tags", "tags"},          {"importance", "importance_score"},
    {"project", "project_id"}, {"metadata", "metadata"}};

struct ReviseFlags {
  ConnectionFlags connection;
  std::string id;
  EpisodeFields changes;
  std::vector<std::string> cleared;
  std::optional<int64_t> version;
  std::optional<std::string> successor;

  http::Headers IfMatch() const {
    http::Headers headers;
    if (version) headers.Set("if-match", std::format("\"{}\"", *version));
    return headers;
  }
};

std::string NamesOfClearable() {
  std::string names;
  for (const auto& row : kClearable) names.append(names.empty() ? "" : ", ").append(row.first);
  return names;
}

boost::json::object MakePatch(const ReviseFlags& given) {
  boost::json::object patch = ToJson(given.changes);
  for (const std::string& name : given.cleared) {
    const auto* found =
        std::ranges::find(kClearable, name, [](const auto& row) { return row.first; });
    if (found == std::end(kClearable)) {
      throw Failure(ErrorCode::kInvalid, "--clear knows no " + name,
                    "one of " + NamesOfClearable());
    }
    patch[found->second] = nullptr;
  }
  return patch;
}

void PrintChanged(const boost::json::object& episode, std::string_view what, bool json) {
  if (json) {
    PrintJson(episode);
  } else {
    Print(std::format("{} is {} {}\n", TextOf(episode, "id"), what, CountOf(episode, "version")));
  }
}

int ReviseOne(ReviseFlags& given, const Defaults& defaults) {
  if (given.changes.content == "-") given.changes.content = ReadText();
  const boost::json::object patch = MakePatch(given);
  if (patch.empty()) {
    PrintError({ErrorCode::kInvalid, "there is nothing to change", "",
                "nexus revise ID \"the new text\", or one of the flags of `nexus revise --help`"});
    return kExitUsage;
  }
  Server server = Connect(given.connection, defaults);
  const boost::json::object episode =
      server.Ask("PATCH", EpisodeTarget(server.connection().brain, given.id), SerializeJson(patch),
                 given.IfMatch());
  PrintChanged(episode, "now version", PrintsJson(given.connection.json));
  return kExitOk;
}

int Invalidate(const ReviseFlags& given, const Defaults& defaults) {
  boost::json::object body;
  if (given.successor) {
    RequireUtf8(*given.successor, "the successor");
    body["superseded_by"] = *given.successor;
  }
  Server server = Connect(given.connection, defaults);
  const boost::json::object episode =
      server.Ask("POST", EpisodeTarget(server.connection().brain, given.id, "/invalidate"),
                 SerializeJson(body), given.IfMatch());
  PrintChanged(episode, "no longer found; version", PrintsJson(given.connection.json));
  return kExitOk;
}

// Every page.
boost::json::array AskRevisions(Server& server, const std::string& id) {
  boost::json::array revisions;
  std::string cursor;
  do {
    const std::string rest =
        cursor.empty() ? "/revisions" : "/revisions?cursor=" + http::PercentEncode(cursor);
    const boost::json::object page =
        server.Ask("GET", EpisodeTarget(server.connection().brain, id, rest));
    for (const auto& revision : ListOf(page, "revisions")) revisions.push_back(revision);
    cursor = TextOf(page, "next_cursor");
  } while (!cursor.empty());
  return revisions;
}

int History(const ReviseFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  const boost::json::array revisions = AskRevisions(server, given.id);
  if (PrintsJson(given.connection.json)) {
    PrintJson(boost::json::object{{"revisions", revisions}});
    return kExitOk;
  }
  if (revisions.empty()) {
    PrintNote("it was never changed");
    return kExitOk;
  }
  Table table({{"version", true}, {"until"}, {"text"}});
  for (const auto& item : revisions) {
    const boost::json::object& revision = AsObject(item);
    table.Add({std::to_string(CountOf(revision, "version")),
               ShortTime(TextOf(revision, "replaced_at")),
               std::string(TextOf(revision, "content"))});
  }
  Print(table.Render(StandardOutput()));
  return kExitOk;
}

}  // namespace

void AddRevise(Flags& all, const Defaults& defaults) {
  auto given = std::make_shared<ReviseFlags>();  // shared by the parser and the actions
  Flags revise = all.Command("revise", "Change a memory; what it was is kept in its history.");
  revise.Argument("ID", given->id, "its id");
  revise.OptionalArgument("TEXT", given->changes.content,
                          "the new text, whole; - reads it from stdin [as it is]");
  AddEpisodeFields(revise, given->changes);
  revise.List("--clear", given->cleared, "take away: " + NamesOfClearable());
  revise.Number("--if-version", given->version, "only if it is still this version");
  AddConnection(revise, given->connection, BrainFlag::kOne);
  revise.OnRun([given, defaults] { return ReviseOne(*given, defaults); });

  Flags invalidate =
      all.Command("invalidate", "End a memory: it is kept, but neither found nor listed.");
  invalidate.Argument("ID", given->id, "its id");
  invalidate.Text("--superseded-by", given->successor, "the id of the memory that holds instead");
  invalidate.Number("--if-version", given->version, "only if it is still this version");
  AddConnection(invalidate, given->connection, BrainFlag::kOne);
  invalidate.OnRun([given, defaults] { return Invalidate(*given, defaults); });

  Flags history = all.Command("history", "Show what a memory was before each change.");
  history.Argument("ID", given->id, "its id");
  AddConnection(history, given->connection, BrainFlag::kOne);
  history.OnRun([given, defaults] { return History(*given, defaults); });
}

}  // namespace nexus::cli
