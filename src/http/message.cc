#include "http/message.h"

#include <algorithm>

namespace nexus::http {

namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = Lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool IsUnreserved(char c) {
  return (c >= '0' && c <= '9') || (Lower(c) >= 'a' && Lower(c) <= 'z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The part before the first `separator`; `rest` becomes what is behind it.
std::string_view TakeUntil(std::string_view& rest, char separator) {
  const size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

std::optional<std::string> DecodeQueryPart(std::string_view part) {
  std::string spaced(part);
  std::ranges::replace(spaced, '+', ' ');
  return PercentDecode(spaced);
}

}  // namespace

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, Lower, Lower);
}

std::optional<std::string_view> Headers::Find(std::string_view name) const {
  for (const auto& [key, value] : pairs_) {
    if (EqualIgnoringCase(key, name)) return value;
  }
  return std::nullopt;
}

bool Headers::Holds(std::string_view name, std::string_view token) const {
  for (const auto& [key, value] : pairs_) {
    if (!EqualIgnoringCase(key, name)) continue;
    for (std::string_view rest = value; !rest.empty();) {
      if (EqualIgnoringCase(Trimmed(TakeUntil(rest, ',')), token)) return true;
    }
  }
  return false;
}

void Headers::Set(std::string_view name, std::string_view value) {
  std::erase_if(pairs_, [name](const Pair& pair) { return EqualIgnoringCase(pair.first, name); });
  Add(name, value);
}

void Headers::Add(std::string_view name, std::string_view value) {
  pairs_.emplace_back(name, value);
}

std::optional<std::string_view> Request::FindQuery(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (IsUnreserved(c)) {
      encoded.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded.push_back('%');
    encoded.push_back(kDigits[byte >> 4]);
    encoded.push_back(kDigits[byte & 15]);
  }
  return encoded;
}

std::optional<std::vector<std::pair<std::string, std::string>>> ParseQuery(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> query;
  while (!text.empty()) {
    std::string_view value = TakeUntil(text, '&');
    if (value.empty()) continue;
    auto name = DecodeQueryPart(TakeUntil(value, '='));
    auto decoded = DecodeQueryPart(value);
    if (!name || !decoded) return std::nullopt;
    query.emplace_back(std::move(*name), std::move(*decoded));
  }
  return query;
}

}  // namespace nexus::http
