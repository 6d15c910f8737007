#include "base/time.h"

#include <format>

namespace nexus {
namespace {

using std::chrono::microseconds;
using std::chrono::sys_days;

constexpr Timestamp kFirst = sys_days(std::chrono::year(0) / 1 / 1);
constexpr Timestamp kBeyondLast = sys_days(std::chrono::year(10'000) / 1 / 1);

// Reads `digits` decimal digits off the front of `text`.
std::optional<int> TakeNumber(std::string_view& text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool TakeChar(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Timestamp> TakeDate(std::string_view& text) {
  auto year = TakeNumber(text, 4);
  if (!year || !TakeChar(text, "-")) return std::nullopt;
  auto month = TakeNumber(text, 2);
  if (!month || !TakeChar(text, "-")) return std::nullopt;
  auto day = TakeNumber(text, 2);
  if (!day) return std::nullopt;
  std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                   std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return Timestamp(sys_days(date));
}

microseconds TakeFraction(std::string_view& text) {
  int64_t value = 0;
  int digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (digits < 6) value = value * 10 + (text.front() - '0'), ++digits;
    text.remove_prefix(1);
  }
  for (; digits < 6; ++digits) value *= 10;
  return microseconds(value);
}

std::optional<microseconds> TakeClock(std::string_view& text) {
  auto hour = TakeNumber(text, 2);
  if (!hour || *hour > 23 || !TakeChar(text, ":")) return std::nullopt;
  auto minute = TakeNumber(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  microseconds time = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  if (!TakeChar(text, ":")) return time;
  auto second = TakeNumber(text, 2);
  if (!second || *second > 60) return std::nullopt;
  time += std::chrono::seconds(*second);
  if (TakeChar(text, ".,")) {
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    time += TakeFraction(text);
  }
  return time;
}

// The offset from UTC: "Z", "+HH:MM", "-HHMM", "+HH" or nothing.
std::optional<microseconds> TakeOffset(std::string_view& text) {
  if (text.empty() || TakeChar(text, "Zz")) return microseconds(0);
  bool negative = text.front() == '-';
  if (!TakeChar(text, "+-")) return std::nullopt;
  auto hours = TakeNumber(text, 2);
  if (!hours || *hours > 23) return std::nullopt;
  int minutes = 0;
  if (TakeChar(text, ":") || !text.empty()) {
    auto value = TakeNumber(text, 2);
    if (!value || *value > 59) return std::nullopt;
    minutes = *value;
  }
  microseconds offset = std::chrono::hours(*hours) + std::chrono::minutes(minutes);
  return negative ? -offset : offset;
}

// "Z", "+HH:MM" or "-HH:MM".
bool EndsInOffset(std::string_view text) {
  if (text.ends_with('Z') || text.ends_with('z')) return true;
  if (text.size() < 6) return false;
  const std::string_view end = text.substr(text.size() - 6);
  return (end[0] == '+' || end[0] == '-') && end[3] == ':';
}

}  // namespace

std::optional<Timestamp> ParseTimestamp(std::string_view text) {
  auto date = TakeDate(text);
  if (!date) return std::nullopt;
  if (text.empty()) return date;
  if (!TakeChar(text, "Tt ")) return std::nullopt;
  auto time = TakeClock(text);
  if (!time) return std::nullopt;
  auto offset = TakeOffset(text);
  if (!offset || !text.empty()) return std::nullopt;
  const Timestamp utc = *date + *time - *offset;
  if (utc < kFirst || utc >= kBeyondLast) return std::nullopt;
  return utc;
}

std::optional<Timestamp> ParseRfc3339(std::string_view text) {
  constexpr size_t kBeforeSeconds = sizeof("2026-11-24T13:52") - 1;
  const bool has_seconds = text.size() > kBeforeSeconds && text[kBeforeSeconds] == ':';
  if (!has_seconds || text.contains(',') || !EndsInOffset(text)) return std::nullopt;
  return ParseTimestamp(text);
}

std::string FormatTimestamp(Timestamp time) {
  auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  auto fraction = (time - seconds).count();
  std::string text = std::format("{:%Y-%m-%dT%H:%M:%S}", seconds);
  if (fraction != 0) text += std::format(".{:06}", fraction);
  return text + "Z";
}

Timestamp SystemClock::Now() const {
  return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

}  // namespace nexus
