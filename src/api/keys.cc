#include <boost/json/object.hpp>

#include "api/find_brain.h"
#include "api/handlers.h"
#include "api/secret.h"
#include "base/bytes.h"
#include "base/json.h"

namespace nexus::api {
namespace {

KeyView View(const store::ApiKey& key) {
  return {key.id, key.name, key.brain, key.prefix, key.scopes, key.created_at, key.expires_at};
}

// A key that is bound to a brain makes keys of that brain only.
Task<Result<std::optional<Uuid>>> BrainOfNewKey(Services& services, store::ApiKey caller,
                                                std::optional<std::string> wanted) {
  if (!wanted) co_return caller.brain;
  auto brain = co_await FindBrain(services, std::move(caller), std::move(*wanted));
  if (!brain) co_return FailField(ErrorCode::kNotFound, "/brain", brain.error().message);
  co_return brain->id;
}

constexpr size_t kNonceBytes = 16;

// The same key again for the same caller and nonce. What is kept is the nonce: without the caller's
// own key it tells nothing.
Secret DeriveSecret(const Call& call, std::string_view nonce) {
  return MakeSecret(HmacSha256(FindSecret(call.request.headers).value(), nonce));
}

// What is kept of the answer: all of it but the key itself.
template <typename Made>
std::string ToRecord(const Made& made, const std::string& nonce) {
  boost::json::object record = ToJson(made).as_object();
  record.erase("key");
  record["nonce"] = nonce;
  return SerializeJson(record);
}

template <typename Made>
Result<Made> MadeBefore(const Result<std::string>& record, const Call& call) {
  if (!record) return std::unexpected(record.error());
  boost::json::object made = ParseJson(*record).value().as_object();
  const std::string nonce(made.at("nonce").as_string());
  made.erase("nonce");
  made["key"] = DeriveSecret(call, nonce).text;
  return FromJson<Made>(made);
}

}  // namespace

Task<Result<KeyMade>> CreateKey(Services& services, Call call, NewKey request) {
  auto brain = co_await BrainOfNewKey(services, call.caller, request.brain);
  if (!brain) co_return std::unexpected(brain.error());
  auto once = co_await services.ledger.OfCaller(call.caller.id, std::nullopt, std::move(call.key));
  if (once.earlier()) {
    auto earlier = MadeBefore<KeyMade>(*once.earlier(), call);
    co_await once.Cancel();
    co_return earlier;
  }
  if (request.expires_at && *request.expires_at <= services.clock.Now()) {
    co_await once.Cancel();
    co_return FailField(ErrorCode::kInvalid, "/expires_at", "lies in the past");
  }
  const std::string nonce = RandomToken(kNonceBytes);
  const Secret secret = DeriveSecret(call, nonce);
  UuidGenerator ids(services.clock);
  store::ApiKey key;
  key.id = ids.Next();
  key.brain = *brain;
  key.name = request.name;
  key.prefix = secret.prefix;
  for (Scope scope : request.scopes) key.scopes.emplace_back(EnumName(scope));
  key.created_at = services.clock.Now();
  key.expires_at = request.expires_at;
  co_await store::Brains::InsertKey(once.transaction(), key, secret.sha256);
  KeyMade made;
  static_cast<KeyView&>(made) = View(key);
  made.key = secret.text;
  co_await once.Commit(ToRecord(made, nonce));
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
  auto once = co_await services.ledger.OfCaller(call.caller.id, std::nullopt, std::move(call.key));
  if (once.earlier()) {
    const Result<std::string> answer = *once.earlier();
    co_await once.Cancel();
    co_return answer.transform([](const auto&) { return boost::json::value(); });
  }
  const bool revoked = id && co_await store::Brains::RevokeKey(
                                 once.transaction(), *id, services.clock.Now(), call.caller.brain);
  if (!revoked) {
    co_await once.Cancel();
    co_return Fail(ErrorCode::kNotFound, "There is no key {}.", call.arguments.at(0));
  }
  co_await once.Commit("{}");
  co_return boost::json::value();
}

}  // namespace nexus::api
