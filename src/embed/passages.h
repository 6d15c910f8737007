// What is embedded of an episode: its chunks, and what stands around them. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "embed/embedder.h"
#include "text/chunks.h"
#include "text/indexed_text.h"

namespace nexus::embed {

inline constexpr size_t kOverlapTokens = 32;

// Bytes [begin, end) of the content, and the two texts whose vectors are averaged for it. Both fit
// the model. Without turns before it both are the same.
struct Passage {
  uint32_t begin = 0;
  uint32_t end = 0;
  std::string plain;
  std::string context;
};

// Cuts the content by the model's own tokenizer, on sentence borders where possible; together the
// passages cover every byte, and there is at least one. `before` are the turns before the episode,
// nearest first; they stand beside the first passage only: what stands before the others is their
// overlap. Where the context would exceed the model's limit the turns give way, the farthest first
// and from its end, at word borders; never the episode. A speaker whose name would take more than
// half of the limit is left out of `plain`.
std::vector<Passage> Passages(const Embedder& embedder, std::string_view content,
                              std::optional<std::string_view> speaker, Timestamp occurred_at,
                              std::span<const text::Turn> before);

// Overlapping ranges of `content` that cover it, each small enough that `framed` of it fits the
// model in this role. Only a single code point that does not fit by itself is returned all the
// same.
std::vector<text::TextRange> ChunksThatFit(
    const Embedder& embedder, std::string_view content, TextRole role,
    const std::function<std::string(std::string_view)>& framed);

// The stored vector of each passage, 1/2 (plain + context), not normalised again. Burns CPU: one or
// two runs of the model each.
std::vector<std::vector<float>> EmbedPassages(const Embedder& embedder,
                                              std::span<const Passage> passages);

// The unit vector of a question. One longer than the model's limit is embedded by its chunks, whose
// mean is normalised. Burns CPU.
std::vector<float> EmbedQuestion(const Embedder& embedder, std::string_view question);

}  // namespace nexus::embed
