#include "postgres/statement.h"

#include <bit>
#include <charconv>

#include "base/error.h"

namespace nexus::postgres {
namespace {

void AppendQuoted(std::string& array, std::string_view element) {
  array += '"';
  for (char c : element) {
    if (c == '"' || c == '\\') array += '\\';
    array += c;
  }
  array += '"';
}

uint32_t BigEndianWord(std::string_view bytes) {
  uint32_t word = 0;
  for (char byte : bytes) word = word << 8 | static_cast<uint8_t>(byte);
  return word;
}

}  // namespace

std::string TextArray(std::span<const std::string> values) {
  std::string array = "{";
  for (const std::string& value : values) {
    if (array.size() > 1) array += ',';
    AppendQuoted(array, value);
  }
  return array + "}";
}

std::string TextArray(std::span<const std::optional<std::string>> values) {
  std::string array = "{";
  for (const std::optional<std::string>& value : values) {
    if (array.size() > 1) array += ',';
    if (value) {
      AppendQuoted(array, *value);
    } else {
      array += "NULL";
    }
  }
  return array + "}";
}

std::string VectorLiteral(std::span<const float> values) {
  std::string text = "[";
  char digits[32];
  for (float value : values) {
    if (text.size() > 1) text += ',';
    text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  return text + "]";
}

std::vector<float> VectorFromBinary(std::string_view bytes) {
  if (bytes.size() < 4 || bytes.size() != 4 + 4 * size_t{BigEndianWord(bytes.substr(0, 2))}) {
    throw Failure(ErrorCode::kInternal, "a vector of unexpected length came from PostgreSQL");
  }
  std::vector<float> values;
  values.reserve(bytes.size() / 4 - 1);
  for (size_t at = 4; at < bytes.size(); at += 4) {
    values.push_back(std::bit_cast<float>(BigEndianWord(bytes.substr(at, 4))));
  }
  return values;
}

}  // namespace nexus::postgres
