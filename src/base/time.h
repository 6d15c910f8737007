// Points in time: UTC, microseconds, as PostgreSQL's timestamptz keeps them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace nexus {

using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

// What a person types: RFC 3339 with any offset; also "YYYY-MM-DDTHH:MM[:SS[.f]]" without one, read
// as UTC, and a bare date, read as its midnight. Space instead of 'T' is accepted. nullopt if it is
// anything else, or lies in UTC outside of the years 0 to 9999: FormatTimestamp could not write it
// in RFC 3339.
std::optional<Timestamp> ParseTimestamp(std::string_view text);

// What a program sends: RFC 3339 and nothing else, so always with seconds and an offset (a time
// without one would be another moment in each place). Bounds as above.
std::optional<Timestamp> ParseRfc3339(std::string_view text);

// "2026-11-24T13:52:30.000123Z": always UTC, fraction only if there is one.
std::string FormatTimestamp(Timestamp time);

// Interface because tests move the clock by hand. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp Now() const override;
};

}  // namespace nexus
