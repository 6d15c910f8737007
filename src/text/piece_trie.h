// Which of many strings a text begins with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace nexus::text {

// Nodes in breadth-first order, so that the children of each lie side by side: nine bytes a node.
// Immutable, hence thread-safe.
class PieceTrie {
 public:
  PieceTrie() = default;

  // `pieces` in ascending order of bytes, each once, none empty. Does not keep them.
  explicit PieceTrie(std::span<const std::string_view> pieces);

  // Calls found(length, index) for each piece that `text` begins with, the shortest first.
  template <typename Found>
  void ForEachPrefix(std::string_view text, Found found) const {
    size_t node = 0;
    for (size_t depth = 0; depth < text.size(); ++depth) {
      const size_t begin = first_child_[node];
      const size_t count = first_child_[node + 1] - begin;
      if (count == 0) return;
      const uint8_t* labels = labels_.data() + begin;
      const void* hit = std::memchr(labels, static_cast<unsigned char>(text[depth]), count);
      if (hit == nullptr) return;
      node = begin + static_cast<size_t>(static_cast<const uint8_t*>(hit) - labels);
      if (piece_[node] >= 0) found(depth + 1, static_cast<size_t>(piece_[node]));
    }
  }

  size_t memory_bytes() const;

 private:
  std::vector<uint8_t> labels_{0};           // by which byte a node is reached
  std::vector<uint32_t> first_child_{1, 1};  // one more than there are nodes
  std::vector<int32_t> piece_{-1};           // which piece ends here, or -1
};

}  // namespace nexus::text
