#include "api/cursor.h"

#include <charconv>

#include "base/bytes.h"
#include "base/json.h"

namespace nexus::api {
namespace {

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
    if (error != std::errc() || rest != end || byte == 0) return RefuseCursor();
    place += static_cast<char>(byte);
  }
  if (FindInvalidUtf8(place) != place.npos) return RefuseCursor();
  return place;
}

Result<int64_t> ReadNumberCursor(std::string_view cursor) {
  auto place = ReadCursor(cursor);
  if (!place) return std::unexpected(place.error());
  int64_t number = 0;
  const char* end = place->data() + place->size();
  const auto [rest, error] = std::from_chars(place->data(), end, number);
  if (error != std::errc() || rest != end) return RefuseCursor();
  return number;
}

Result<Uuid> ReadIdCursor(std::string_view cursor) {
  auto place = ReadCursor(cursor);
  if (!place) return std::unexpected(place.error());
  auto id = ParseUuid(*place);
  if (!id) return RefuseCursor();
  return *id;
}

}  // namespace nexus::api
