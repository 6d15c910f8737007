// Digests and hexadecimal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace nexus {

using Sha256Digest = std::array<uint8_t, 32>;

Sha256Digest Sha256(std::string_view bytes);

// Of what comes piece by piece.
class Sha256Stream {
 public:
  Sha256Stream();
  void Add(std::span<const std::byte> bytes);
  // Once; nothing may be added afterwards.
  Sha256Digest Finish();

 private:
  struct Release {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Release> context_;
};

// Reads the file in pieces. Throws Failure(kNotFound) if it cannot be read.
Sha256Digest Sha256File(const std::filesystem::path& path);

std::string ToHex(std::span<const uint8_t> bytes);

// RFC 2104.
Sha256Digest HmacSha256(std::string_view key, std::string_view message);

// Without padding.
std::string ToBase64Url(std::span<const uint8_t> bytes);

// From the system.
void FillRandom(std::span<uint8_t> bytes);

// `count` random bytes as base64url: for keys and tokens.
std::string RandomToken(size_t count);

// Compares in a time that depends on the lengths only.
bool EqualInConstantTime(std::string_view a, std::string_view b);

}  // namespace nexus
