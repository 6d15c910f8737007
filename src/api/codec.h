// JSON to described structs and back (base/describe.h). Reading is exact: unknown members, wrong
// types and broken rules are refused with the JSON pointer of the place.
#pragma once

#include <boost/json/value.hpp>
#include <span>
#include <string>
#include <utility>

#include "base/describe.h"
#include "base/error.h"

namespace nexus::api {

// Fills `target`, which is of the described type. kInvalid, or kTooLarge for FieldRule::max_bytes.
std::optional<Error> ReadJson(const TypeInfo& type, const boost::json::value& value,
                              const std::string& pointer, void* target);
boost::json::value WriteJson(const TypeInfo& type, const void* source);

// The parameters of a query string as the JSON object that ReadJson takes for `type`: numbers and
// booleans are turned into theirs, a list takes a parameter that comes several times. A single
// parameter that comes twice is kInvalid.
Result<boost::json::value> QueryToJson(const TypeInfo& type,
                                       std::span<const std::pair<std::string, std::string>> query);

template <typename T>
Result<T> FromJson(const boost::json::value& value, const std::string& pointer = {}) {
  T made{};
  if (auto error = ReadJson(TypeOf<T>(), value, pointer, &made)) return std::unexpected(*error);
  return made;
}

template <typename T>
boost::json::value ToJson(const T& value) {
  return WriteJson(TypeOf<T>(), &value);
}

}  // namespace nexus::api
