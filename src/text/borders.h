// Where sentences and words begin and end.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace nexus::text {

// Ends, ascending; the last is that of the text. White space belongs to what is before it, at the
// beginning of the text to what is behind it.
struct Borders {
  std::vector<size_t> sentences;  // as chunks.h says
  std::vector<size_t> words;      // all of `sentences` too
};

// `text` is valid UTF-8.
Borders FindBorders(std::string_view text);

// The last border at or before `position`, or 0.
size_t LastBorderUpTo(std::span<const size_t> borders, size_t position);

// The first border behind `position`, which is before the end of the text.
size_t FirstBorderAfter(std::span<const size_t> borders, size_t position);

// The code point border at or before `position`, which is in the text.
size_t CodePointBorderUpTo(std::string_view text, size_t position);

// The end of the code point that begins at `position`.
size_t CodePointEnd(std::string_view text, size_t position);

}  // namespace nexus::text
