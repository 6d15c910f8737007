// Strict JSON in, plain JSON out (RFC 8259, with the stricter rules of I-JSON, RFC 7493).
//
// Only names are declared here: who looks into a value includes <boost/json/value.hpp>.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace nexus {

struct JsonLimits {
  size_t max_depth = 64;        // arrays and objects inside each other
  size_t max_values = 200'000;  // of all kinds: tiny ones cost far more time than bytes
};

// Refused, with the byte offset in the message and the JSON pointer of the place in
// Error::field: anything that is not one complete JSON text, a key that comes twice in an
// object, bytes that are not UTF-8, surrogates without their partner, NUL in a string or a key,
// numbers that no double can hold, nesting or a number of values beyond the limits. Always
// ErrorCode::kInvalid.
Result<boost::json::value> ParseJson(std::string_view text, JsonLimits limits = {});

// One line without spaces, in UTF-8. Doubles are the shortest text that reads back the same and
// always look like doubles ("1.0"). Bytes that are not UTF-8 come out as U+FFFD. NaN and infinity
// are bugs of the caller (asserted).
std::string SerializeJson(const boost::json::value& value);

// Appends `text` as a JSON string, with quotes; the same rules.
void AppendJsonString(std::string& out, std::string_view text);

// The JSON pointer (RFC 6901) of a member of what `parent` points to.
std::string JsonPointer(std::string_view parent, std::string_view key);
std::string JsonPointer(std::string_view parent, size_t index);

// Where `text` stops being UTF-8 (RFC 3629: no surrogates, no overlong forms), or npos.
size_t FindInvalidUtf8(std::string_view text);

}  // namespace nexus
