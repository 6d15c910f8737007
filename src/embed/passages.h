// What is embedded of an episode: its chunks, and what stands around them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "embed/embedder.h"
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
// passages cover every byte. `before` are the turns before the episode, nearest first. Where the
// context would exceed the model's limit the turns give way (from their end), never the episode.
std::vector<Passage> Passages(const Embedder& embedder, std::string_view content,
                              std::optional<std::string_view> speaker, Timestamp occurred_at,
                              std::span<const text::Turn> before);

// The stored vector of a passage, 1/2 (plain + context), not normalised again. Burns CPU: one or
// two runs of the model.
std::vector<float> EmbedPassage(const Embedder& embedder, const Passage& passage);

}  // namespace nexus::embed
