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

Acknowledged::Item ReadItem(const boost::json::object& object) {
  auto id = ParseUuid(TextOf(object.at("id")));
  auto created_at = ParseTimestamp(TextOf(object.at("created_at")));
  if (!id || !created_at) throw std::invalid_argument("an id or a time is malformed");
  return {*id, object.at("version").to_number<int64_t>(), *created_at};
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
    throw Failure(
        ErrorCode::kInternal,
        std::format("the answer kept under an idempotency key cannot be read: {}", error.what()));
  }
}

}  // namespace nexus::memory
