// Which memories are meant, as flags: of `nexus recall` and `nexus list`.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/flags.h"

namespace nexus::cli {

struct FilterFlags {
  std::vector<std::string> tags, all_tags, without_tags;
  std::optional<std::string> project, session, speaker, from, before;
  std::optional<double> min_importance, max_importance;
};

void AddFilterFlags(Flags& command, FilterFlags& given);

// What was given, under the names of the HTTP interface.
boost::json::object FilterOf(const FilterFlags& given);

// The same as "&name=value" of a query string, percent-encoded.
std::string QueryOf(const FilterFlags& given);

template <typename T>
void SetIfGiven(boost::json::object& object, std::string_view name, const std::optional<T>& value) {
  if (value) object[name] = *value;
}

}  // namespace nexus::cli
