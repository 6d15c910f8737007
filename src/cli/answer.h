// Looking into the server's answers.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace nexus::cli {

// Members of an object. Empty or 0 if absent, null or of another type: other versions may differ.
std::string_view TextOf(const boost::json::object& object, std::string_view name);
double NumberOf(const boost::json::object& object, std::string_view name);
int64_t CountOf(const boost::json::object& object, std::string_view name);
bool TruthOf(const boost::json::object& object, std::string_view name);
const boost::json::array& ListOf(const boost::json::object& object, std::string_view name);
const boost::json::object& ObjectOf(const boost::json::object& object, std::string_view name);
// The value as an object; empty if it is none.
const boost::json::object& AsObject(const boost::json::value& value);

// The same JSON without a character that steers a terminal: it stands as \u009b.
std::string EscapeControls(std::string_view json);
// JSON for stdout, escaped so if that is a terminal.
std::string ToPrintableJson(const boost::json::value& value);
// One JSON document on a line of its own, on stdout.
void PrintJson(const boost::json::value& value);

}  // namespace nexus::cli
