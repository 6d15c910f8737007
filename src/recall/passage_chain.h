// The passages of a brain, in slots, and the order in which they stand in their sessions. The
// order decides whose words a passage borrows: half of the one before it, a quarter of the one
// before that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nexus::recall {

inline constexpr uint32_t kNone = UINT32_MAX;
inline constexpr float kPreviousShare = 0.5F;
inline constexpr float kSecondPreviousShare = 0.25F;

// Not thread-safe. A removed slot stays unused until Recycle(), so that what still names it can be
// told apart from its successor.
class PassageChain {
 public:
  struct Passage {
    uint32_t episode = kNone;
    uint32_t begin = 0;  // bytes of the content
    uint32_t end = 0;
    float length = 0;  // its own terms
  };

  // Between `previous` and `next`, which are neighbours; either may be kNone.
  uint32_t Insert(Passage passage, uint32_t previous, uint32_t next);
  // Many at once: each is appended, all that are neighbours are linked, and then the lengths are
  // counted. Nothing may have been removed before.
  uint32_t Append(Passage passage);
  void Link(uint32_t previous, uint32_t next);
  void CountLengths();
  // Its neighbours become neighbours of each other.
  void Remove(uint32_t slot);
  // Nothing names the removed slots any more.
  void Recycle();

  const Passage& at(uint32_t slot) const { return passages_[slot]; }
  bool IsLiving(uint32_t slot) const { return passages_[slot].episode != kNone; }
  uint32_t previous(uint32_t slot) const { return previous_[slot]; }
  uint32_t next(uint32_t slot) const { return next_[slot]; }
  // Its own terms and the shares of the two before it.
  float wide_length(uint32_t slot) const { return wide_lengths_[slot]; }
  double average_wide_length() const;  // 0 without passages

  size_t slots() const { return passages_.size(); }  // also unused ones
  size_t living() const { return living_; }
  size_t removed() const { return removed_.size(); }  // and not recycled

 private:
  void RefreshLength(uint32_t slot);
  void RefreshLengthsFrom(uint32_t slot);

  std::vector<Passage> passages_;
  std::vector<uint32_t> previous_;
  std::vector<uint32_t> next_;
  std::vector<float> wide_lengths_;
  std::vector<uint32_t> removed_;
  std::vector<uint32_t> free_;
  size_t living_ = 0;
  double total_wide_length_ = 0;  // a sum of quarters: exact, so it never drifts
};

}  // namespace nexus::recall
