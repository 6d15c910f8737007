#include "cli/answer.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdio>

#include "base/json.h"
#include "cli/layout.h"
#include "cli/terminal.h"

namespace nexus::cli {

std::string_view TextOf(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

double NumberOf(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

int64_t CountOf(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

bool TruthOf(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const boost::json::array& ListOf(const boost::json::object& object, std::string_view name) {
  static const boost::json::array none;
  const auto* value = object.if_contains(name);
  const auto* list = value == nullptr ? nullptr : value->if_array();
  return list == nullptr ? none : *list;
}

const boost::json::object& ObjectOf(const boost::json::object& object, std::string_view name) {
  static const boost::json::object none;
  const auto* value = object.if_contains(name);
  return value == nullptr ? none : AsObject(*value);
}

const boost::json::object& AsObject(const boost::json::value& value) {
  static const boost::json::object none;
  const auto* object = value.if_object();
  return object == nullptr ? none : *object;
}

std::string EscapeControls(std::string_view json) {
  std::string escaped;
  for (size_t at = 0; at < json.size();) {
    const size_t begin = at;
    const char32_t character = NextCodePoint(json, at);
    if (IsControl(character)) {
      escaped += std::format("\\u{:04x}", static_cast<uint32_t>(character));
    } else {
      escaped += json.substr(begin, at - begin);
    }
  }
  return escaped;
}

std::string ToPrintableJson(const boost::json::value& value) {
  std::string json = SerializeJson(value);
  return StandardOutput().terminal ? EscapeControls(json) : json;
}

void PrintJson(const boost::json::value& value) { std::puts(ToPrintableJson(value).c_str()); }

}  // namespace nexus::cli
