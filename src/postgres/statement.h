// Statements and their parameters. Everything travels in PostgreSQL's text format.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"

namespace nexus::postgres {

// Generated from store/sql/*.sql. Prepared under `name` when a connection first meets it.
struct Statement {
  const char* name;
  const char* sql;
};

using Parameter = std::optional<std::string>;  // nullopt is NULL

inline Parameter ToParameter(int64_t value) { return std::to_string(value); }
template <std::floating_point F>
Parameter ToParameter(F value) {
  return std::format("{}", value);
}
inline Parameter ToParameter(const Uuid& value) { return value.ToString(); }
inline Parameter ToParameter(Timestamp value) { return FormatTimestamp(value); }
template <typename T>
Parameter ToParameter(const std::optional<T>& value) {
  return value ? ToParameter(*value) : std::nullopt;
}

// Array literals, every element quoted.
std::string TextArray(std::span<const std::string> values);
std::string TextArray(std::span<const std::optional<std::string>> values);

// pgvector's text form, "[0.1,0.2]": the shortest digits that read back the same.
std::string VectorLiteral(std::span<const float> values);

// pgvector's binary form: two 16-bit words (dimension, unused), then big-endian floats.
std::vector<float> VectorFromBinary(std::string_view bytes);

}  // namespace nexus::postgres
