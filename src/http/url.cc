#include <charconv>
#include <format>

#include "http/client.h"

namespace nexus::http {

namespace {

std::unexpected<Error> NoUrl(std::string_view text) {
  return Fail(ErrorCode::kInvalid, "\"{}\" is no address like http://127.0.0.1:8002", text);
}

// Empty text is port 80; 0 if it is no port.
uint16_t ParsePort(std::string_view text) {
  if (text.empty()) return 80;
  if (!text.starts_with(':')) return 0;
  text.remove_prefix(1);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() ? port : 0;
}

bool IsPlain(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == '\x7f' || c == '@' || c == '?' || c == '#')
      return false;
  }
  return true;
}

}  // namespace

std::string Url::ToString() const {
  const bool brackets = host.contains(':');
  return std::format("http://{}{}{}:{}{}", brackets ? "[" : "", host, brackets ? "]" : "", port,
                     prefix);
}

Result<Url> ParseUrl(std::string_view text) {
  if (text.starts_with("https://")) {
    return FailField(ErrorCode::kInvalid, {}, std::format("https is not spoken yet: \"{}\"", text),
                     "use http, over a tunnel or a proxy that adds TLS");
  }
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme) || !IsPlain(text)) return NoUrl(text);
  const std::string_view rest = text.substr(kScheme.size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  std::string_view prefix = rest.substr(slash);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);

  const bool bracketed = authority.starts_with('[');
  const size_t host_end = authority.find(bracketed ? ']' : ':');
  if (bracketed && host_end == authority.npos) return NoUrl(text);
  const std::string_view host =
      bracketed ? authority.substr(1, host_end - 1) : authority.substr(0, host_end);
  const size_t port_at = std::min(bracketed ? host_end + 1 : host_end, authority.size());
  const uint16_t port = ParsePort(authority.substr(port_at));
  if (host.empty() || port == 0) return NoUrl(text);
  return Url{.host = std::string(host), .port = port, .prefix = std::string(prefix)};
}

}  // namespace nexus::http
