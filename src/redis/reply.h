// What Redis answers.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace nexus::redis {

struct ReplyError {
  std::string message;  // "WRONGTYPE Operation against …"
  bool operator==(const ReplyError&) const = default;
};

struct Reply {
  using Array = std::vector<Reply>;
  // monostate is nil. Statuses ("OK") are strings.
  std::variant<std::monostate, int64_t, std::string, ReplyError, Array> value;

  bool IsNil() const { return std::holds_alternative<std::monostate>(value); }
  const int64_t* integer() const { return std::get_if<int64_t>(&value); }
  const std::string* string() const { return std::get_if<std::string>(&value); }
  const ReplyError* error() const { return std::get_if<ReplyError>(&value); }
  const Array* array() const { return std::get_if<Array>(&value); }

  bool operator==(const Reply&) const = default;
};

}  // namespace nexus::redis
