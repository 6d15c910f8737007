// Digests and hexadecimal.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace nexus {

using Sha256Digest = std::array<uint8_t, 32>;

Sha256Digest Sha256(std::string_view bytes);

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
