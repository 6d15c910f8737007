// API keys as they are given out and looked up. Only the digest is ever stored.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/message.h"

namespace nexus::api {

struct Secret {
  std::string text;    // "nx_…": shown once
  std::string prefix;  // what a list of keys shows of it
  std::string sha256;  // what is stored
};

Secret NewSecret();
// Of 32 bytes that nobody can guess.
Secret MakeSecret(std::span<const uint8_t> bytes);
std::string SecretDigest(std::string_view text);

// `Authorization: Bearer …` or `Token …`, or `x-api-key: …`; nullopt if there is none.
std::optional<std::string> FindSecret(const http::Headers& headers);

}  // namespace nexus::api
