#include "text/piece_trie.h"

namespace nexus::text {
namespace {

struct PieceRange {
  uint32_t begin;
  uint32_t end;
};

}  // namespace

PieceTrie::PieceTrie(std::span<const std::string_view> pieces) {
  first_child_.clear();
  std::vector<PieceRange> below = {{0, static_cast<uint32_t>(pieces.size())}};
  size_t level_end = 1;  // of the nodes that lie at `depth`
  size_t depth = 0;
  for (size_t node = 0; node < below.size(); ++node) {
    if (node == level_end) {
      ++depth;
      level_end = below.size();
    }
    first_child_.push_back(static_cast<uint32_t>(below.size()));
    auto [at, end] = below[node];
    if (at < end && pieces[at].size() == depth) piece_[node] = static_cast<int32_t>(at++);
    while (at < end) {
      const char label = pieces[at][depth];
      const uint32_t begin = at;
      while (at < end && pieces[at][depth] == label) ++at;
      below.push_back({begin, at});
      labels_.push_back(static_cast<uint8_t>(label));
      piece_.push_back(-1);
    }
  }
  first_child_.push_back(static_cast<uint32_t>(below.size()));
  labels_.shrink_to_fit();
  first_child_.shrink_to_fit();
  piece_.shrink_to_fit();
}

size_t PieceTrie::memory_bytes() const {
  return labels_.capacity() + first_child_.capacity() * sizeof(uint32_t) +
         piece_.capacity() * sizeof(int32_t);
}

}  // namespace nexus::text
