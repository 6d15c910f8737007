// Opaque cursors of lists.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/uuid.h"

namespace nexus::api {

// What each reader takes, as regular expressions for the description of the API: printable ASCII, a
// number, a UUID, each in hexadecimal.
inline constexpr std::string_view kTextCursor = "^(?:[2-6][0-9a-fA-F]|7[0-9a-eA-E])+$";
inline constexpr std::string_view kNumberCursor = "^(?:3[0-9]){1,18}$";
inline constexpr std::string_view kIdCursor =
    "^(?:3[0-9]|[46][1-6]){8}(?:2[dD](?:3[0-9]|[46][1-6]){4}){3}2[dD](?:3[0-9]|[46][1-6]){12}$";

// Of printable ASCII.
std::string MakeCursor(std::string_view place);
// kInvalid naming /cursor if it is none of ours.
Result<std::string> ReadCursor(std::string_view cursor);
Result<int64_t> ReadNumberCursor(std::string_view cursor);
Result<Uuid> ReadIdCursor(std::string_view cursor);

}  // namespace nexus::api
