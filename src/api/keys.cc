#include "api/handlers.h"
#include "api/secret.h"

namespace nexus::api {
namespace {

KeyView View(const store::ApiKey& key) {
  return {key.id, key.name, key.brain, key.prefix, key.scopes, key.created_at, key.expires_at};
}

// A key that is bound to a brain makes keys of that brain only.
Task<Result<std::optional<Uuid>>> BrainOfNewKey(Services& services, store::ApiKey caller,
                                                std::optional<std::string> wanted) {
  if (!wanted) co_return caller.brain;
  auto brain = co_await services.brains.Find(*wanted);
  if (!brain || (caller.brain && *caller.brain != brain->id)) {
    co_return FailField(ErrorCode::kNotFound, "/brain", "There is no brain " + *wanted + ".");
  }
  co_return brain->id;
}

}  // namespace

Task<Result<KeyMade>> CreateKey(Services& services, Call call, NewKey request) {
  auto brain = co_await BrainOfNewKey(services, call.caller, request.brain);
  if (!brain) co_return std::unexpected(brain.error());
  if (request.expires_at && *request.expires_at <= services.clock.Now()) {
    co_return FailField(ErrorCode::kInvalid, "/expires_at", "lies in the past");
  }
  Secret secret = NewSecret();
  UuidGenerator ids(services.clock);
  store::ApiKey key;
  key.id = ids.Next();
  key.brain = *brain;
  key.name = request.name;
  key.prefix = secret.prefix;
  for (Scope scope : request.scopes) key.scopes.emplace_back(EnumName(scope));
  key.created_at = services.clock.Now();
  key.expires_at = request.expires_at;
  co_await services.brains.InsertKey(key, secret.sha256);
  KeyMade made;
  static_cast<KeyView&>(made) = View(key);
  made.key = std::move(secret.text);
  co_return made;
}

Task<Result<KeyPage>> ListKeys(Services& services, Call call, NoParameters) {
  KeyPage page;
  for (const store::ApiKey& key : co_await services.brains.ListKeys(call.caller.brain)) {
    page.keys.push_back(View(key));
  }
  co_return page;
}

Task<Result<boost::json::value>> RevokeKey(Services& services, Call call, boost::json::value) {
  auto id = ParseUuid(call.arguments.at(0));
  const bool revoked =
      id && co_await services.brains.RevokeKey(*id, services.clock.Now(), call.caller.brain);
  if (!revoked) co_return Fail(ErrorCode::kNotFound, "There is no key {}.", call.arguments.at(0));
  co_return boost::json::value();
}

}  // namespace nexus::api
