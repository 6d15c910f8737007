// Idempotency-Key as a header, and the answers of the directory that are given again.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "api/codec.h"
#include "base/json.h"
#include "http/message.h"
#include "memory/once.h"

namespace nexus::api {

// nullopt: there is none. Its digest tells apart what is asked: the operation, the arguments of its
// path, the body; not the parameters, which say how to answer. kInvalid if it cannot be one.
Result<std::optional<memory::IdempotencyKey>> ReadIdempotencyKey(
    std::string_view operation, std::span<const std::string> arguments,
    const http::Request& request);

// The view that an earlier request left as its record.
template <typename View>
Result<View> FromEarlier(const Result<std::string>& record) {
  if (!record) return std::unexpected(record.error());
  return ParseJson(*record).and_then([](const auto& json) { return FromJson<View>(json); });
}

}  // namespace nexus::api
