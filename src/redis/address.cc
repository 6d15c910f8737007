#include "redis/address.h"

#include <charconv>
#include <format>
#include <optional>

namespace nexus::redis {

namespace {

// The text may hold a password, so no message repeats it.
std::unexpected<Error> NoAddress(std::string_view why) {
  return FailField(ErrorCode::kInvalid, {},
                   std::format("the address of Redis is not valid: {}", why),
                   "write redis://:password@host:6379/0 or unix:///path/to/redis.sock");
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    uint8_t byte = 0;
    const char* first = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(first, first + 2, byte, 16).ptr != first + 2)
      return std::nullopt;
    decoded.push_back(static_cast<char>(byte));
    i += 2;
  }
  return decoded;
}

Result<Address> ParseSocket(std::string_view path) {
  constexpr size_t kMaxPath = 107;  // sockaddr_un
  if (!path.starts_with('/')) return NoAddress("the path of a socket begins with a slash");
  if (path.size() > kMaxPath) {
    return NoAddress(std::format("the path of a socket has at most {} bytes", kMaxPath));
  }
  return Address{.socket_path = std::string(path)};
}

// "[user]:password"
bool ReadCredentials(std::string_view text, Address& address) {
  const size_t colon = text.find(':');
  if (colon == text.npos) return false;
  auto user = PercentDecode(text.substr(0, colon));
  auto password = PercentDecode(text.substr(colon + 1));
  if (!user || !password) return false;
  address.user = std::move(*user);
  address.password = std::move(*password);
  return true;
}

// "host[:port]" or "[::1]:port"
bool ReadHost(std::string_view text, Address& address) {
  const bool bracketed = text.starts_with('[');
  const size_t end = text.find(bracketed ? ']' : ':');
  if (bracketed && end == text.npos) return false;
  address.host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
  std::string_view rest = end == text.npos ? "" : text.substr(bracketed ? end + 1 : end);
  if (!rest.empty()) {
    const auto port = ParseNumber<uint16_t>(rest.substr(1));
    if (!rest.starts_with(':') || !port || *port == 0) return false;
    address.port = *port;
  }
  return !address.host.empty();
}

}  // namespace

std::string Address::ToString() const {
  if (!socket_path.empty()) return "unix://" + socket_path;
  const bool brackets = host.contains(':');
  return std::format("redis://{}{}{}:{}/{}", brackets ? "[" : "", host, brackets ? "]" : "", port,
                     database);
}

Result<Address> ParseAddress(std::string_view text) {
  if (text.starts_with('/')) return ParseSocket(text);
  if (text.starts_with("unix://")) return ParseSocket(text.substr(7));
  if (text.starts_with("rediss://")) return NoAddress("TLS is not spoken yet");
  if (!text.starts_with("redis://")) return NoAddress("it begins with redis:// or unix://");
  text.remove_prefix(8);
  Address address;
  if (const size_t at = text.rfind('@'); at != text.npos) {
    if (!ReadCredentials(text.substr(0, at), address))
      return NoAddress("before the @ stands [user]:password, percent-encoded");
    text.remove_prefix(at + 1);
  }
  const size_t slash = text.find('/');
  if (slash != text.npos && slash + 1 < text.size()) {
    const auto database = ParseNumber<uint16_t>(text.substr(slash + 1));
    if (!database) return NoAddress("behind the host stands the number of the database");
    address.database = *database;
  }
  if (!ReadHost(text.substr(0, slash), address)) return NoAddress("the host or its port is wrong");
  return address;
}

}  // namespace nexus::redis
