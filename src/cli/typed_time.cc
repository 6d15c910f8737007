#include "cli/typed_time.h"

#include <charconv>

namespace nexus::cli {

std::string AsRfc3339(const std::string& text) {
  const auto time = ParseTimestamp(text);
  return time ? FormatTimestamp(*time) : text;
}

Result<Timestamp> ReadExpiry(const std::string& text, Timestamp now) {
  constexpr int kMostUnits = 1'000'000;
  int count = 0;
  const char* end = text.data() + text.size();
  const auto [behind, error] = std::from_chars(text.data(), end, count);
  if (error == std::errc() && behind + 1 == end && count > 0 && count <= kMostUnits) {
    if (*behind == 'h') return now + std::chrono::hours(count);
    if (*behind == 'd') return now + std::chrono::days(count);
  }
  if (auto time = ParseTimestamp(text)) return *time;
  return std::unexpected(Error{ErrorCode::kInvalid, std::format("`{}` is not a time", text), "",
                               "write 90d, 12h, 2027-01-31 or 2027-01-31T12:00:00Z"});
}

}  // namespace nexus::cli
