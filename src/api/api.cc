#include "api/api.h"

#include "api/errors.h"
#include "api/etag.h"
#include "api/find_brain.h"
#include "api/idempotency.h"
#include "api/secret.h"
#include "base/json.h"
#include "base/log.h"

namespace nexus::api {
namespace {

constexpr size_t kMaxRequestIdBytes = 128;

std::string_view ScopeName(Access access) {
  switch (access) {
    case Access::kRead:
      return "read";
    case Access::kWrite:
      return "write";
    default:
      return "admin";
  }
}

bool Holds(const store::ApiKey& key, Access access) {
  return std::ranges::contains(key.scopes, ScopeName(access)) ||
         std::ranges::contains(key.scopes, "admin");
}

// The caller's own id if it is one that can be printed back, for finding the request in logs.
std::optional<std::string> GivenRequestId(const http::Request& request) {
  auto given = request.headers.Find("x-request-id");
  const bool fit = given && !given->empty() && given->size() <= kMaxRequestIdBytes &&
                   std::ranges::all_of(*given, [](char c) { return c > 0x20 && c < 0x7F; });
  if (!fit) return std::nullopt;
  return std::string(*given);
}

Result<boost::json::value> ReadBody(const Operation& row, const Call& call) {
  if (!row.requests.empty()) {
    if (call.request.body.empty()) {
      return Fail(ErrorCode::kInvalid, "The request has no body; it needs a JSON object.");
    }
    return ParseJson(call.request.body);
  }
  return call.query;
}

std::string AllowedMethods(const std::vector<std::string>& methods) {
  std::string text;
  for (const std::string& method : methods) text += (text.empty() ? "" : ", ") + method;
  return text;
}

// Nothing is called so, and PostgreSQL would refuse to look for it.
bool IsNoText(std::string_view argument) {
  return argument.contains('\0') || FindInvalidUtf8(argument) != argument.npos;
}

http::Response RefuseRoute(const http::Router::Miss& miss, const http::Request& request,
                           std::string_view request_id) {
  if (miss.allowed.empty()) {
    return RenderError({ErrorCode::kNotFound, "Nothing is served at " + request.path + ".", "",
                        "GET /openapi.json lists what is"},
                       request_id);
  }
  http::Response response =
      RenderError({ErrorCode::kMethodNotAllowed,
                   std::format("{} does not take {}.", request.path, request.method), "",
                   "use " + AllowedMethods(miss.allowed)},
                  request_id);
  response.headers.Set("allow", AllowedMethods(miss.allowed));
  return response;
}

// Names the deepest cause for callers, and keeps what is ours to know in the log.
Error Explain(const std::exception& error, std::string_view request_id) {
  if (const auto* failure = dynamic_cast<const Failure*>(&error)) {
    if (failure->error().code != ErrorCode::kInternal) return failure->error();
  }
  LogError("a request failed", {{"error", error.what()}, {"request_id", request_id}});
  return {ErrorCode::kInternal, "The server failed at this request; its log says why.", "",
          "look for the request id in the log"};
}

}  // namespace

Api::Api(Services services) : services_(std::move(services)), request_ids_(services_.clock) {
  for (const Operation& row : Operations()) router_.Add(row.method, row.path);
}

http::Response Api::Refuse(int status, Error error) { return RenderError(error, {}, status); }

Task<http::Response> Api::Handle(http::Request request) {
  const auto begin = std::chrono::steady_clock::now();
  std::string request_id = GivenRequestId(request).value_or(request_ids_.Next().ToString());
  auto match = router_.Find(request.method, request.path);
  const Operation* row = match ? &Operations()[match->route] : nullptr;
  http::Response response;
  if (row == nullptr) {
    response = RefuseRoute(match.error(), request, request_id);
  } else {
    response = co_await Dispatch(std::move(request), *row, std::move(match->arguments), request_id);
  }
  response.headers.Set("x-request-id", request_id);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  Count(row, response.status, took.count());
  co_return response;
}

Task<http::Response> Api::Dispatch(http::Request request, const Operation& row,
                                   std::vector<std::string> arguments, std::string request_id) {
  try {
    auto call = co_await Admit(std::move(request), row, std::move(arguments));
    if (!call) co_return RenderError(call.error(), request_id);
    co_return co_await Serve(row, std::move(*call), request_id);
  } catch (const std::exception& error) {
    co_return RenderError(Explain(error, request_id), request_id);
  }
}

Task<Result<Call>> Api::Admit(http::Request request, const Operation& row,
                              std::vector<std::string> arguments) {
  Call call;
  if (row.access != Access::kOpen) {
    auto key = co_await Authenticate(request.headers);
    if (!key) co_return std::unexpected(key.error());
    call.caller = std::move(*key);
  }
  if (std::ranges::any_of(arguments, IsNoText)) {
    co_return Fail(ErrorCode::kNotFound, "The path holds bytes that are no UTF-8 text.");
  }
  if (row.path.contains("{brain}") && !row.finds_brain) {
    auto brain = co_await FindBrain(services_, call.caller, arguments.front());
    if (!brain) co_return std::unexpected(brain.error());
    call.brain = std::move(*brain);
    arguments.erase(arguments.begin());
  }
  if (row.access != Access::kOpen && !Holds(call.caller, row.access)) {
    co_return Fail(ErrorCode::kForbidden, "The key lacks the scope `{}`.", ScopeName(row.access));
  }
  auto query = QueryToJson(row.query ? *row.query : TypeOf<NoParameters>(), request.query);
  if (!query) co_return std::unexpected(query.error());
  call.query = std::move(*query);
  if (row.takes_idempotency_key) {
    auto key = ReadIdempotencyKey(row.name, arguments, request);
    if (!key) co_return std::unexpected(key.error());
    call.key = std::move(*key);
  }
  call.arguments = std::move(arguments);
  call.request = std::move(request);
  co_return call;
}

Task<Result<store::ApiKey>> Api::Authenticate(const http::Headers& headers) {
  auto secret = FindSecret(headers);
  if (!secret) {
    co_return std::unexpected(
        Error{ErrorCode::kUnauthorized, "The request carries no key.", "",
              "send `Authorization: Bearer <key>`; the first key is in admin.key of the data "
              "directory"});
  }
  const std::string digest = SecretDigest(*secret);
  const Timestamp now = services_.clock.Now();
  if (auto known = trusted_.find(digest); known != trusted_.end() && known->second.until > now) {
    co_return known->second.key;
  }
  const uint64_t revocations = revocations_;
  auto key = co_await services_.brains.FindKey(digest, now);
  if (!key) {
    trusted_.erase(digest);
    co_return std::unexpected(Error{ErrorCode::kUnauthorized, "The key is not known, or it ended.",
                                    "", "make one with `nexus key create`"});
  }
  // It may have been found just before it was revoked.
  if (revocations != revocations_) co_return *key;
  if (trusted_.size() >= kMaxTrustedKeys) trusted_.clear();
  trusted_[digest] = {*key, now + kKeyTrust};
  co_return *key;
}

Task<http::Response> Api::Serve(const Operation& row, Call call, std::string request_id) {
  if (row.raw != nullptr) co_return co_await row.raw(services_, std::move(call));
  auto body = ReadBody(row, call);
  if (!body) co_return RenderError(body.error(), request_id);
  auto answer = co_await row.typed(services_, std::move(call), std::move(*body));
  if (!answer) co_return RenderError(answer.error(), request_id);
  if (row.name == "revokeKey") {
    ++revocations_;
    trusted_.clear();
  }
  http::Response response;
  response.status = row.status;
  if (row.versioned && row.status != 204) {
    response.headers.Set("etag", MakeEtag(answer->at("version").to_number<int64_t>()));
  }
  if (row.status != 204) {
    response.headers.Set("content-type", "application/json");
    response.body = SerializeJson(*answer);
  }
  co_return response;
}

void Api::Count(const Operation* row, int status, double seconds) {
  const std::string name(row == nullptr ? "none" : row->name);
  services_.metrics
      .counter("nexus_http_requests_total", "Requests, by operation and status.",
               {{"operation", name}, {"status", std::to_string(status)}})
      .Add();
  services_.metrics
      .histogram("nexus_http_request_seconds", "Time to answer.", {{"operation", name}})
      .Observe(seconds);
}

}  // namespace nexus::api
