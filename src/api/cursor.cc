#include "api/cursor.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"

namespace nexus::api {
namespace {

constexpr size_t kMaxNumberDigits = 18;

std::unexpected<Error> RefuseCursor() {
  return FailField(ErrorCode::kInvalid, "/cursor", "is not a cursor of this list",
                   "use next_cursor of the page before as it is, or leave it out");
}

}  // namespace

std::string MakeCursor(std::string_view place) {
  return ToHex(std::span(reinterpret_cast<const uint8_t*>(place.data()), place.size()));
}

Result<std::string> ReadCursor(std::string_view cursor) {
  std::string place;
  if (cursor.empty() || cursor.size() % 2 != 0) return RefuseCursor();
  for (size_t i = 0; i < cursor.size(); i += 2) {
    const char* end = cursor.data() + i + 2;
    unsigned byte = 0;
    auto [rest, error] = std::from_chars(cursor.data() + i, end, byte, 16);
    const bool printable = byte >= ' ' && byte < 0x7F;
    if (error != std::errc() || rest != end || !printable) return RefuseCursor();
    place += static_cast<char>(byte);
  }
  return place;
}

Result<int64_t> ReadNumberCursor(std::string_view cursor) {
  auto place = ReadCursor(cursor);
  if (!place) return std::unexpected(place.error());
  const bool digits = std::ranges::all_of(*place, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || place->size() > kMaxNumberDigits) return RefuseCursor();
  return std::stoll(*place);
}

Result<Uuid> ReadIdCursor(std::string_view cursor) {
  auto place = ReadCursor(cursor);
  if (!place) return std::unexpected(place.error());
  auto id = ParseUuid(*place);
  if (!id) return RefuseCursor();
  return *id;
}

}  // namespace nexus::api
