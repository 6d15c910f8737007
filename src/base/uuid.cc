#include "base/uuid.h"

#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace nexus {
namespace {

void FillRandom(uint8_t* out, size_t count) {
  if (RAND_bytes(out, static_cast<int>(count)) != 1) throw std::runtime_error("no random bytes");
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool HyphenAt(size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

}  // namespace

std::string Uuid::ToString() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (uint8_t byte : bytes) {
    if (HyphenAt(text.size())) text += '-';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<Uuid> ParseUuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  size_t nibble = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (HyphenAt(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    int digit = HexDigit(text[i]);
    if (digit < 0) return std::nullopt;
    id.bytes[nibble / 2] |= static_cast<uint8_t>(nibble % 2 == 0 ? digit << 4 : digit);
    ++nibble;
  }
  return id;
}

Uuid UuidGenerator::Next() {
  auto now = std::chrono::floor<std::chrono::milliseconds>(clock_.Now()).time_since_epoch().count();
  last_ = std::max(last_ + 1, static_cast<uint64_t>(now) << 12);
  Uuid id;
  FillRandom(id.bytes.data() + 8, 8);
  uint64_t milliseconds = last_ >> 12;
  for (int i = 5; i >= 0; --i, milliseconds >>= 8) id.bytes[i] = static_cast<uint8_t>(milliseconds);
  id.bytes[6] = static_cast<uint8_t>(0x70 | ((last_ >> 8) & 0x0F));
  id.bytes[7] = static_cast<uint8_t>(last_);
  id.bytes[8] = static_cast<uint8_t>(0x80 | (id.bytes[8] & 0x3F));
  return id;
}

Uuid RandomUuid() {
  Uuid id;
  FillRandom(id.bytes.data(), id.bytes.size());
  id.bytes[6] = static_cast<uint8_t>(0x40 | (id.bytes[6] & 0x0F));
  id.bytes[8] = static_cast<uint8_t>(0x80 | (id.bytes[8] & 0x3F));
  return id;
}

}  // namespace nexus
