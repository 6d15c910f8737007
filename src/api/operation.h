// Routes as data: one row per operation. The rows are what is served, authorised, documented.
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/codec.h"
#include "api/shapes.h"
#include "base/metrics.h"
#include "base/task.h"
#include "http/message.h"
#include "memory/feed_position.h"
#include "memory/once.h"
#include "memory/recall.h"
#include "memory/remember.h"
#include "memory/revise.h"
#include "memory/space_swap.h"
#include "memory/spaces.h"
#include "store/brains.h"
#include "store/episodes.h"

namespace nexus::api {

// What handlers work with; borrowed from app. Loop thread only.
struct Services {
  const Clock& clock;
  Metrics& metrics;
  store::Brains& brains;
  store::Episodes& episodes;
  memory::Spaces& spaces;
  memory::SpaceSwap& swap;
  memory::Remember& remember;
  memory::Ledger& ledger;
  memory::Revise& revise;
  memory::Recall& recall;
  memory::FeedPosition& position;
  std::string_view version;
  std::function<Task<std::vector<PartHealth>>()> probe;  // asks every part; bounded in time
};

// A request that was found, authorised, and whose brain exists.
struct Call {
  http::Request request;
  std::vector<std::string> arguments;  // of the path, without the brain
  boost::json::value query;            // an object that fits the operation's query type
  store::ApiKey caller;
  store::Brain brain;  // set if the path names one, unless the handler finds it
  std::optional<memory::IdempotencyKey> key;
};

enum class Access { kOpen, kRead, kWrite, kAdmin };

struct Operation {
  std::string_view method;
  std::string_view path;  // `{brain}`, if there, is the first parameter
  std::string_view name;  // operationId
  std::string_view summary;
  Access access = Access::kRead;
  int status = 200;                        // of success
  const TypeInfo* query = nullptr;         // parameters
  std::vector<const TypeInfo*> requests;   // one of these is the body; empty: no body
  std::vector<const TypeInfo*> responses;  // one of these is the answer; empty: no body
  bool takes_idempotency_key = false;      // every write does
  bool finds_brain = false;  // the handler does: `{brain}` is the first of the arguments
  bool versioned = false;    // an answer's `version` is its ETag; what is not GET takes If-Match

  // Exactly one of them. `typed` gets the parsed body and gives the answer's; `raw` does it all.
  using Typed = Task<Result<boost::json::value>> (*)(Services&, Call, boost::json::value);
  using Raw = Task<http::Response> (*)(Services&, Call);
  Typed typed = nullptr;
  Raw raw = nullptr;
};

std::span<const Operation> Operations();

namespace operation_internal {

template <typename Request, typename Response,
          Task<Result<Response>> (*kHandler)(Services&, Call, Request)>
Task<Result<boost::json::value>> Run(Services& services, Call call, boost::json::value body) {
  Result<Request> request = FromJson<Request>(body);
  if (!request) co_return std::unexpected(request.error());
  Result<Response> response = co_await kHandler(services, std::move(call), std::move(*request));
  if (!response) co_return std::unexpected(response.error());
  co_return ToJson(*response);
}

}  // namespace operation_internal

// The adapter of a handler that takes a described request and gives a described response. Without
// a body the request is made from the query: `TakesQuery`.
template <typename Request, typename Response>
struct Adapter {
  template <Task<Result<Response>> (*kHandler)(Services&, Call, Request)>
  static Operation TakesBody(Operation row) {
    row.requests = {&TypeOf<Request>()};
    row.responses = {&TypeOf<Response>()};
    row.typed = &operation_internal::Run<Request, Response, kHandler>;
    return row;
  }
  template <Task<Result<Response>> (*kHandler)(Services&, Call, Request)>
  static Operation TakesQuery(Operation row) {
    row.query = &TypeOf<Request>();
    row.responses = {&TypeOf<Response>()};
    row.typed = &operation_internal::Run<Request, Response, kHandler>;
    return row;
  }
};

}  // namespace nexus::api
