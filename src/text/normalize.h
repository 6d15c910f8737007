// Texts that mean the same to a search, made the same.
#pragma once

#include <string>
#include <string_view>

namespace nexus::text {

// Nothing but Unicode white space, or nothing at all. Text is valid UTF-8, here and below.
bool IsBlank(std::string_view text);

// NFC, without white space at the ends and with single spaces between: the key under which the
// vector of a query is kept.
std::string QueryKey(std::string_view text);

}  // namespace nexus::text
