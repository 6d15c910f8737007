// UUIDs (RFC 9562). New ones are version 7: they sort by the time they were made.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace nexus {

struct Uuid {
  std::array<uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;
  bool IsNil() const { return *this == Uuid{}; }
  std::string ToString() const;  // lower case, with hyphens
};

// The canonical form, either case; nullopt for anything else.
std::optional<Uuid> ParseUuid(std::string_view text);

// Version 7 with a 12-bit counter after the milliseconds (RFC 9562, 6.2 method 1): strictly
// increasing per generator, also when the clock stands still or goes back. Not thread-safe.
class UuidGenerator {
 public:
  explicit UuidGenerator(const Clock& clock) : clock_(clock) {}
  Uuid Next();

 private:
  const Clock& clock_;
  uint64_t last_ = 0;  // milliseconds << 12 | counter
};

// Version 4, from the system's random source: for tokens, which must not be guessable.
Uuid RandomUuid();

}  // namespace nexus

template <>
struct std::hash<nexus::Uuid> {
  size_t operator()(const nexus::Uuid& id) const noexcept {
    uint64_t tail = 0;  // the last eight bytes of a version 7 or 4 are random
    for (size_t i = 8; i < 16; ++i) tail = tail << 8 | id.bytes[i];
    return tail * 0x9E3779B97F4A7C15u;
  }
};
