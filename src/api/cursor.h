// Opaque cursors of lists.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/uuid.h"

namespace nexus::api {

std::string MakeCursor(std::string_view place);
// kInvalid naming /cursor if it is none of ours.
Result<std::string> ReadCursor(std::string_view cursor);
Result<int64_t> ReadNumberCursor(std::string_view cursor);
Result<Uuid> ReadIdCursor(std::string_view cursor);

}  // namespace nexus::api
