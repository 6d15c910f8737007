// When a key ends, as people write it. Pure.
#pragma once

#include <string>

#include "base/error.h"
#include "base/time.h"

namespace nexus::cli {

// A time (base/time.h's forms), or "12h", "90d" from `now`. kInvalid for anything else.
Result<Timestamp> ReadExpiry(const std::string& text, Timestamp now);

}  // namespace nexus::cli
