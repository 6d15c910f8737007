#include "memory/acknowledged.h"

#include <boost/json/value.hpp>

#include "base/error.h"
#include "base/json.h"

namespace nexus::memory {
namespace {

std::string_view TextOf(const boost::json::value& value) {
  const boost::json::string& text = value.as_string();
  return {text.data(), text.size()};
}

template <typename T>
T Must(std::optional<T> parsed) {
  if (!parsed) throw std::invalid_argument("an id or a time is malformed");
  return *parsed;
}

Acknowledged::Item ReadItem(const boost::json::object& object) {
  return {Must(ParseUuid(TextOf(object.at("id")))), object.at("version").to_number<int64_t>(),
          Must(ParseTimestamp(TextOf(object.at("created_at"))))};
}

Failure Unreadable(const std::exception& error) {
  return {ErrorCode::kInternal,
          std::format("the answer kept under an idempotency key cannot be read: {}", error.what())};
}

}  // namespace

std::string ToRecord(const Acknowledged& answer) {
  std::string items;
  for (const Acknowledged::Item& item : answer.items) {
    if (!items.empty()) items += ',';
    items += std::format(R"({{"id":"{}","version":{},"created_at":"{}"}})", item.id.ToString(),
                         item.version, FormatTimestamp(item.created_at));
  }
  return std::format(R"({{"items":[{}],"position":"{}"}})", items, answer.position);
}

std::string ToRecord(const Revised& answer) {
  std::string text = std::format(R"({{"version":{})", answer.version);
  if (answer.invalidated_at) {
    text += std::format(R"(,"invalidated_at":"{}")", FormatTimestamp(*answer.invalidated_at));
  }
  if (answer.superseded_by) {
    text += std::format(R"(,"superseded_by":"{}")", answer.superseded_by->ToString());
  }
  return text + "}";
}

Acknowledged FromRecord(std::string_view record) {
  try {
    const boost::json::value json = ParseJson(record).value();
    Acknowledged answer;
    for (const boost::json::value& item : json.as_object().at("items").as_array()) {
      answer.items.push_back(ReadItem(item.as_object()));
    }
    answer.position = TextOf(json.as_object().at("position"));
    answer.replayed = true;
    return answer;
  } catch (const std::exception& error) {
    throw Unreadable(error);
  }
}

Revised RevisedFromRecord(std::string_view record) {
  try {
    const boost::json::value json = ParseJson(record).value();
    const boost::json::object& object = json.as_object();
    Revised answer{object.at("version").to_number<int64_t>(), std::nullopt, std::nullopt};
    if (const auto* time = object.if_contains("invalidated_at")) {
      answer.invalidated_at = Must(ParseTimestamp(TextOf(*time)));
    }
    if (const auto* id = object.if_contains("superseded_by")) {
      answer.superseded_by = Must(ParseUuid(TextOf(*id)));
    }
    return answer;
  } catch (const std::exception& error) {
    throw Unreadable(error);
  }
}

}  // namespace nexus::memory
