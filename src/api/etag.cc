#include "api/etag.h"

#include <charconv>
#include <format>

namespace nexus::api {

std::string MakeEtag(int64_t version) { return std::format("\"{}\"", version); }

Result<std::optional<int64_t>> ReadIfMatch(const http::Request& request) {
  const auto header = request.headers.Find("if-match");
  if (!header || *header == "*") return std::nullopt;
  int64_t version = 0;
  std::string_view digits = *header;
  if (digits.size() > 2 && digits.starts_with('"') && digits.ends_with('"')) {
    digits = digits.substr(1, digits.size() - 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), version);
    if (error == std::errc() && end == digits.data() + digits.size()) return version;
  }
  return std::unexpected(Error{ErrorCode::kPreconditionFailed,
                               "If-Match is not the ETag of an episode, so it matches none.", "",
                               "send the ETag of the answer that you changed, with its quotes"});
}

}  // namespace nexus::api
