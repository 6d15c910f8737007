#include "api/secret.h"

#include "base/bytes.h"

namespace nexus::api {
namespace {

constexpr size_t kSecretBytes = 32;
constexpr size_t kPrefixLength = 9;

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

}  // namespace

std::string SecretDigest(std::string_view text) { return ToHex(Sha256(text)); }

Secret NewSecret() {
  std::array<uint8_t, kSecretBytes> bytes;
  FillRandom(bytes);
  return MakeSecret(bytes);
}

Secret MakeSecret(std::span<const uint8_t> bytes) {
  Secret secret;
  secret.text = "nx_" + ToBase64Url(bytes);
  secret.prefix = secret.text.substr(0, kPrefixLength);
  secret.sha256 = SecretDigest(secret.text);
  return secret;
}

std::optional<std::string> FindSecret(const http::Headers& headers) {
  if (auto header = headers.Find("authorization")) {
    const size_t space = header->find(' ');
    if (space != header->npos) {
      const std::string_view scheme = header->substr(0, space);
      if (http::EqualIgnoringCase(scheme, "bearer") || http::EqualIgnoringCase(scheme, "token")) {
        return std::string(Trimmed(header->substr(space)));
      }
    }
  }
  if (auto header = headers.Find("x-api-key")) return std::string(Trimmed(*header));
  return std::nullopt;
}

}  // namespace nexus::api
