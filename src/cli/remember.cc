// nexus remember: one episode, from the command line or from stdin.
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdio>

#include "base/json.h"
#include "cli/answer.h"
#include "cli/brains.h"
#include "cli/command_list.h"
#include "cli/server.h"
#include "cli/terminal.h"
#include "domain/episode.h"

namespace nexus::cli {
namespace {

struct RememberFlags {
  ConnectionFlags connection;
  std::optional<std::string> text;
  std::optional<std::string> speaker, session, at, project, metadata, wait, idempotency_key;
  std::vector<std::string> tags;
  std::optional<double> importance;
};

// One line break at the end is the shell's, not the text's.
std::string ReadStdin() {
  std::string text;
  char piece[16 << 10];
  while (text.size() <= kMaxContentBytes + 2) {
    const ssize_t size = read(STDIN_FILENO, piece, sizeof piece);
    if (size <= 0) break;
    text.append(piece, static_cast<size_t>(size));
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.size() > kMaxContentBytes) {
    throw Failure(ErrorCode::kTooLarge,
                  std::format("the text is longer than {} bytes, the most that an episode holds",
                              kMaxContentBytes),
                  "split it, or keep it elsewhere and remember a reference");
  }
  return text;
}

void SetText(boost::json::object& episode, const char* name,
             const std::optional<std::string>& text) {
  if (!text) return;
  RequireUtf8(*text, name);
  episode[name] = *text;
}

boost::json::object MakeEpisode(const RememberFlags& given, const std::string& text) {
  RequireUtf8(text, "the text");
  boost::json::object episode{{"content", text}};
  SetText(episode, "occurred_at", given.at);
  SetText(episode, "speaker", given.speaker);
  SetText(episode, "session_id", given.session);
  SetText(episode, "project_id", given.project);
  if (given.importance) episode["importance_score"] = *given.importance;
  boost::json::array tags;
  for (const std::string& tag : given.tags) {
    RequireUtf8(tag, "a tag");
    tags.emplace_back(tag);
  }
  if (!tags.empty()) episode["tags"] = std::move(tags);
  if (given.metadata) {
    auto metadata = ParseJson(*given.metadata);
    if (!metadata || !metadata->is_object()) {
      throw Failure(ErrorCode::kInvalid,
                    metadata ? "--metadata is not a JSON object"
                             : "--metadata is not JSON: " + metadata.error().message,
                    R"(like this: --metadata '{"source":"mail"}')");
    }
    episode["metadata"] = std::move(*metadata);
  }
  return episode;
}

// The brain `default` is there when it is first needed; a brain that was named has to exist.
boost::json::object Store(Server& server, const RememberFlags& given, const std::string& body) {
  const std::string& brain = server.connection().brain;
  std::string target = BrainTarget(brain, "/episodes");
  if (given.wait) target += "?wait=" + *given.wait;
  http::Headers headers;
  if (given.idempotency_key) headers.Set("idempotency-key", *given.idempotency_key);
  try {
    return server.Ask("POST", target, body, headers);
  } catch (const Failure& failure) {
    if (failure.error().code != ErrorCode::kNotFound) throw;
    if (brain != "default") {
      throw Failure(ErrorCode::kNotFound, failure.error().message,
                    "make it with `nexus brain create " + brain + "`");
    }
  }
  try {
    MakeBrain(server, brain);
    PrintNote("made the brain " + brain);
  } catch (const Failure& failure) {
    if (failure.error().code != ErrorCode::kConflict) throw;  // somebody else just made it
  }
  return server.Ask("POST", target, body, headers);
}

int Remember(const RememberFlags& given, const Defaults& defaults) {
  const bool piped = isatty(STDIN_FILENO) == 0;
  if (!given.text && !piped) {
    PrintError({ErrorCode::kInvalid, "there is no text to remember", "",
                "nexus remember \"what happened\", or pipe it in"});
    return kExitUsage;
  }
  const std::string text = given.text && *given.text != "-" ? *given.text : ReadStdin();
  const std::string body = SerializeJson(MakeEpisode(given, text));
  Server server(Resolve(given.connection, ProcessEnvironment, defaults.data_directory));
  const boost::json::object receipt = Store(server, given, body);
  if (PrintsJson(given.connection.json)) {
    PrintJson(receipt);
    return kExitOk;
  }
  Print(std::format("{}\n", TextOf(receipt, "id")));
  if (receipt.contains("embedded") && !TruthOf(receipt, "embedded")) {
    PrintNote("stored, and found by word; not yet by meaning (`nexus status` shows what is left)");
  }
  return kExitOk;
}

}  // namespace

void AddRemember(Flags& all, const Defaults& defaults) {
  auto given = std::make_shared<RememberFlags>();  // shared by the parser and the action
  Flags command = all.Command("remember", "Remember something that happened.");
  command.OptionalArgument("TEXT", given->text, "the text; - or nothing reads it from stdin");
  command.Text("--speaker", given->speaker, "who said it");
  command.Text("--session", given->session, "the conversation it belongs to");
  command.List("--tag", given->tags, "a label; may come several times");
  command.Text("--at", given->at, "when it happened, like 2026-03-04T18:40:00Z [now]");
  command.Number("--importance", given->importance, "0 to 1 [0.5]");
  command.Text("--project", given->project, "the project it belongs to");
  command.Text("--metadata", given->metadata, "a JSON object");
  command.Choice("--wait", given->wait, {"none", "indexed", "embedded"},
                 "answer when it is durable, found by word, or found by meaning [none]");
  command.Text("--idempotency-key", given->idempotency_key,
               "the same key and text are stored once, however often they are sent");
  AddConnection(command, given->connection, BrainFlag::kOne);
  command.OnRun([given, defaults] { return Remember(*given, defaults); });
}

}  // namespace nexus::cli
