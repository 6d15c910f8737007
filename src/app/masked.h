// Settings as they may be shown: without the passwords in them. Pure.
#pragma once

#include <string>
#include <string_view>

#include "app/config.h"

namespace nexus::app {

// "postgresql://ana:***@host/nexus", "host=db password=***": the password of a URI and what its
// query or the pairs of a DSN name so. The text as it is, if it has none. "***" alone, if it is a
// DSN that cannot be understood.
std::string MaskPasswords(std::string_view text);

// MaskPasswords for a setting that may hold one; a URI is masked in any.
std::string Shown(const Setting& setting, std::string_view text);

}  // namespace nexus::app
