// What of a memory is searched: who said it, when, and what was said just before.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"

namespace nexus::text {

// `(1:56 pm on 8 May, 2023) SPEAKER said, "TEXT"` in UTC; without a speaker (or with an empty one)
// the text alone.
std::string IndexedText(std::optional<std::string_view> speaker, Timestamp occurred_at,
                        std::string_view text);

struct Turn {
  std::string speaker;
  std::string text;
};

// `indexed`, then " Context: " and "SPEAKER: TEXT" of the turns before it in its session, nearest
// first. Without turns: `indexed` itself.
std::string ContextText(std::string_view indexed, std::span<const Turn> before);

}  // namespace nexus::text
