// nexus key list, create, revoke.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/json.h"
#include "base/time.h"
#include "cli/answer.h"
#include "cli/brains.h"
#include "cli/command_list.h"
#include "cli/layout.h"
#include "cli/server.h"
#include "cli/terminal.h"
#include "cli/typed_time.h"

namespace nexus::cli {
namespace {

struct KeyFlags {
  ConnectionFlags connection;
  std::string name;
  std::string brain;
  std::vector<std::string> scopes;
  std::string expires;
  std::string id;
};

std::string Scopes(const boost::json::object& key) {
  std::string text;
  for (const auto& scope : ListOf(key, "scopes")) {
    if (scope.is_string()) text += (text.empty() ? "" : ",") + std::string(scope.get_string());
  }
  return text;
}

std::string Or(std::string text, const char* otherwise) { return text.empty() ? otherwise : text; }

int List(const KeyFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  const boost::json::object answer = server.Ask("GET", "/v1/keys");
  if (PrintsJson(given.connection.json)) {
    PrintJson(answer);
    return kExitOk;
  }
  std::map<std::string, std::string, std::less<>> brains;  // names by id
  for (const auto& brain : ListBrains(server)) {
    brains.emplace(TextOf(AsObject(brain), "id"), TextOf(AsObject(brain), "name"));
  }
  Table table({{"id"}, {"scopes"}, {"expires"}, {"brain"}, {"name"}});
  for (const auto& item : ListOf(answer, "keys")) {
    const boost::json::object& key = AsObject(item);
    const auto brain = brains.find(TextOf(key, "brain_id"));
    table.Add({std::string(TextOf(key, "id")), Scopes(key),
               Or(ShortTime(TextOf(key, "expires_at")).substr(0, 10), "never"),
               brain == brains.end() ? "every" : brain->second, std::string(TextOf(key, "name"))});
  }
  Print(table.Render(StandardOutput()));
  return kExitOk;
}

int Create(const KeyFlags& given, const Defaults& defaults) {
  RequireUtf8(given.name, "the name");
  boost::json::object request{{"name", given.name}};
  boost::json::array scopes;
  for (const std::string& scope : given.scopes) scopes.emplace_back(scope);
  if (scopes.empty()) scopes = {"read", "write"};
  request["scopes"] = std::move(scopes);
  if (!given.brain.empty()) {
    RequireUtf8(given.brain, "the brain's name");
    request["brain"] = given.brain;
  }
  if (!given.expires.empty()) {
    auto expiry = ReadExpiry(given.expires, SystemClock().Now());
    if (!expiry) throw Failure(expiry.error());
    request["expires_at"] = FormatTimestamp(*expiry);
  }
  Server server = Connect(given.connection, defaults);
  const boost::json::object made = server.Ask("POST", "/v1/keys", SerializeJson(request));
  if (PrintsJson(given.connection.json)) {
    PrintJson(made);
    return kExitOk;
  }
  Print(std::format("{}\n", TextOf(made, "key")));
  PrintNote(
      std::format("id {}, scopes {}. The key is shown this once: keep it in a file, mode "
                  "0600, and name it with NEXUS_KEY_FILE.",
                  TextOf(made, "id"), Scopes(made)));
  return kExitOk;
}

int Revoke(const KeyFlags& given, const Defaults& defaults) {
  RequireUtf8(given.id, "the id");
  Server server = Connect(given.connection, defaults);
  server.Ask("DELETE", "/v1/keys/" + http::PercentEncode(given.id));
  if (PrintsJson(given.connection.json)) {
    PrintJson(boost::json::object{{"revoked", given.id}});
  } else {
    Print(std::format("key {} is revoked\n", given.id));
  }
  return kExitOk;
}

}  // namespace

void AddKey(Flags& all, const Defaults& defaults) {
  auto given = std::make_shared<KeyFlags>();  // shared by the parser and the actions
  Flags group = all.Group("key", "List, make and revoke API keys.");
  Flags list = group.Command("list", "The living keys, without their secrets.");
  AddConnection(list, given->connection);
  list.OnRun([given, defaults] { return List(*given, defaults); });

  Flags create = group.Command("create", "Make a key. It is shown once.");
  create.Text("--name", given->name, "who or what uses it", Flags::kRequired);
  create.Text("--brain", given->brain, "the one brain it opens [every brain]");
  create.List("--scope", given->scopes, "read, write or admin; several times [read,write]");
  create.Text("--expires", given->expires, "a time, or 12h, 90d [never]");
  AddConnection(create, given->connection);
  create.OnRun([given, defaults] { return Create(*given, defaults); });

  Flags revoke = group.Command("revoke", "Revoke a key, at once.");
  revoke.Argument("ID", given->id, "its id, as `nexus key list` shows it");
  AddConnection(revoke, given->connection);
  revoke.OnRun([given, defaults] { return Revoke(*given, defaults); });
}

}  // namespace nexus::cli
