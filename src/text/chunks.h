// Texts in parts: sentences, passages for the word index, chunks that fit a model.
//
// Ranges are in bytes and never split a code point. Text is valid UTF-8. All functions are pure,
// and linear in the length of the text but for a logarithm.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace nexus::text {

struct TextRange {
  size_t begin = 0;
  size_t end = 0;

  bool operator==(const TextRange&) const = default;
};

// The sentences, each with the white space behind it; they tile the text. A sentence ends at a
// line break, or after . ! ? … 。 ！ ？ (and closing quotes or brackets) before white space or the
// end; the wide marks 。 ！ ？ need no space. An empty text has none.
std::vector<TextRange> Sentences(std::string_view text);

// Tiles the text with ranges of at most `max_bytes` (4 or more): whole sentences, or parts of
// them at word borders, else at code points.
std::vector<TextRange> Passages(std::string_view text, size_t max_bytes);

// Ranges of at most `max_tokens` (1 or more) each, as `count` tells, that together cover every
// byte in order: whole sentences where they fit, else words, else code points. Each but the first
// begins up to `overlap_tokens` (at most half of `max_tokens` is used) before the end of the one
// before it, on a sentence or word border, and ends behind that end. A text that fits is one
// range; an empty text has none. A code point that counts more than `max_tokens` is a range of its
// own.
//
// `count` gives the tokens of a piece of the text, without the special ones. It is called a few
// times per chunk, on pieces that are mostly not much longer than one.
std::vector<TextRange> Chunks(std::string_view text, size_t max_tokens, size_t overlap_tokens,
                              const std::function<size_t(std::string_view)>& count);

}  // namespace nexus::text
