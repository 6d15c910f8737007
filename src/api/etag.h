// Versions as entity tags (RFC 9110, 8.8.3): version 3 is "3".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "http/message.h"

namespace nexus::api {

std::string MakeEtag(int64_t version);

// The version that If-Match asks for; nullopt: there is none, or it is `*`. kPreconditionFailed for
// what is not one of our tags: it matches nothing.
Result<std::optional<int64_t>> ReadIfMatch(const http::Request& request);

}  // namespace nexus::api
