// What tools/model/tokenizer_file.py wrote: the pieces of a Unigram model, and its normalisation.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "text/piece_trie.h"

namespace nexus::text {

// Immutable once loaded.
struct UnigramVocabulary {
  PieceTrie pieces;
  std::vector<int32_t> ids;          // by the index of the piece
  std::vector<float> scores;         // logarithms of probabilities, by the same index
  std::vector<uint32_t> points;      // code points that are replaced, ascending
  std::vector<uint32_t> point_ends;  // where the replacement of each ends
  std::vector<uint32_t> replacements;
  std::array<bool, 128> plain_ascii;  // those that nothing replaces
  int32_t bos;
  int32_t eos;
  int32_t unknown;
  float unknown_score;  // of each code point that no piece spells

  // Throws Failure, naming the file and the remedy, if it cannot be read or is not whole and sound.
  static UnigramVocabulary Load(const std::filesystem::path& file);

  // The code points that stand for `point` (maybe none), or nullopt if it stands for itself.
  std::optional<std::span<const uint32_t>> ReplacementOf(uint32_t point) const;
};

}  // namespace nexus::text
