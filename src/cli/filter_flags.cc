#include "cli/filter_flags.h"

#include <boost/json/array.hpp>

#include "base/json.h"
#include "cli/server.h"
#include "cli/typed_time.h"
#include "http/message.h"

namespace nexus::cli {
namespace {

void SetIfGiven(boost::json::object& object, std::string_view name,
                const std::vector<std::string>& values) {
  if (!values.empty()) object[name] = boost::json::array(values.begin(), values.end());
}

std::string Parameter(std::string_view name, const boost::json::value& value) {
  const std::string text =
      value.is_string() ? std::string(value.get_string()) : SerializeJson(value);
  RequireUtf8(text, name);
  return std::format("&{}={}", name, http::PercentEncode(text));
}

}  // namespace

void AddFilterFlags(Flags& command, FilterFlags& given) {
  command.List("--tag", given.tags, "with one of these tags");
  command.List("--all-tags", given.all_tags, "with all of these tags");
  command.List("--without-tag", given.without_tags, "with none of these tags");
  command.Text("--project", given.project, "of this project");
  command.Text("--session", given.session, "of this conversation");
  command.Text("--speaker", given.speaker, "said by this one");
  command.Text("--from", given.from, "that happened then or later, as 2026-01-31T00:00:00Z");
  command.Text("--before", given.before, "that happened before then");
  command.Number("--min-importance", given.min_importance, "at least so important, 0 to 1");
  command.Number("--max-importance", given.max_importance, "at most so important, 0 to 1");
}

boost::json::object FilterOf(const FilterFlags& given) {
  boost::json::object filter;
  SetIfGiven(filter, "tags_any", given.tags);
  SetIfGiven(filter, "tags_all", given.all_tags);
  SetIfGiven(filter, "tags_none", given.without_tags);
  SetIfGiven(filter, "project_id", given.project);
  SetIfGiven(filter, "session_id", given.session);
  SetIfGiven(filter, "speaker", given.speaker);
  SetIfGiven(filter, "occurred_from", given.from.transform(&AsRfc3339));
  SetIfGiven(filter, "occurred_before", given.before.transform(&AsRfc3339));
  SetIfGiven(filter, "min_importance", given.min_importance);
  SetIfGiven(filter, "max_importance", given.max_importance);
  return filter;
}

std::string QueryOf(const FilterFlags& given) {
  std::string query;
  for (const auto& [name, value] : FilterOf(given)) {
    if (!value.is_array()) {
      query += Parameter(name, value);
    } else {
      for (const auto& item : value.get_array()) query += Parameter(name, item);
    }
  }
  return query;
}

}  // namespace nexus::cli
