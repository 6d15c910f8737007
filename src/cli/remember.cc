// nexus remember: one episode, from the command line or from stdin.
#include <unistd.h>

#include <boost/json/object.hpp>

#include "base/json.h"
#include "cli/answer.h"
#include "cli/brains.h"
#include "cli/command_list.h"
#include "cli/episode_fields.h"
#include "cli/server.h"
#include "cli/terminal.h"

namespace nexus::cli {
namespace {

struct RememberFlags {
  ConnectionFlags connection;
  EpisodeFields episode;
  std::optional<std::string> wait, idempotency_key;
};

boost::json::object Store(Server& server, const RememberFlags& given, const std::string& body) {
  std::string target = BrainTarget(server.connection().brain, "/episodes");
  if (given.wait) target += "?wait=" + *given.wait;
  http::Headers headers;
  if (given.idempotency_key) headers.Set("idempotency-key", *given.idempotency_key);
  try {
    return server.Ask("POST", target, body, headers);
  } catch (const Failure& failure) {
    if (failure.error().code != ErrorCode::kNotFound) throw;
    MakeIfDefault(server, failure);
  }
  return server.Ask("POST", target, body, headers);
}

int Remember(RememberFlags& given, const Defaults& defaults) {
  std::optional<std::string>& content = given.episode.content;
  if (!content && isatty(STDIN_FILENO) == 1) {
    PrintError({ErrorCode::kInvalid, "there is no text to remember", "",
                "nexus remember \"what happened\", or pipe it in"});
    return kExitUsage;
  }
  if (!content || *content == "-") content = ReadText();
  const std::string body = SerializeJson(ToJson(given.episode));
  Server server = Connect(given.connection, defaults);
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
  command.OptionalArgument("TEXT", given->episode.content,
                           "the text; - or nothing reads it from stdin");
  AddEpisodeFields(command, given->episode);
  command.Choice("--wait", given->wait, {"none", "indexed", "embedded"},
                 "answer when it is durable, found by word, or found by meaning [none]");
  command.Text("--idempotency-key", given->idempotency_key,
               "the same key and text are stored once, however often they are sent");
  AddConnection(command, given->connection, BrainFlag::kOne);
  command.OnRun([given, defaults] { return Remember(*given, defaults); });
}

}  // namespace nexus::cli
