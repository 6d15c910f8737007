#include "api/idempotency.h"

#include <algorithm>

#include "base/bytes.h"

namespace nexus::api {

Result<std::optional<memory::IdempotencyKey>> ReadIdempotencyKey(
    std::string_view operation, std::span<const std::string> arguments,
    const http::Request& request) {
  const auto header = request.headers.Find("idempotency-key");
  if (!header) return std::nullopt;
  if (header->empty() || header->size() > memory::kMaxIdempotencyKeyBytes ||
      !std::ranges::all_of(*header, [](char c) { return c >= 0x20 && c < 0x7F; })) {
    return Fail(ErrorCode::kInvalid, "Idempotency-Key must be 1 to {} printable ASCII characters.",
                memory::kMaxIdempotencyKeyBytes);
  }
  std::string asked(operation);
  for (const std::string& argument : arguments) (asked += '\0') += argument;
  (asked += '\0') += request.body;
  return memory::IdempotencyKey{std::string(*header), ToHex(Sha256(asked))};
}

}  // namespace nexus::api
