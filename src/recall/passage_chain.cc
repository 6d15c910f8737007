#include "recall/passage_chain.h"

namespace nexus::recall {

uint32_t PassageChain::Insert(Passage passage, uint32_t previous, uint32_t next) {
  uint32_t slot = static_cast<uint32_t>(passages_.size());
  if (free_.empty()) {
    passages_.emplace_back();
    previous_.push_back(kNone);
    next_.push_back(kNone);
    wide_lengths_.push_back(0);
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  passages_[slot] = passage;
  previous_[slot] = previous;
  next_[slot] = next;
  if (previous != kNone) next_[previous] = slot;
  if (next != kNone) previous_[next] = slot;
  ++living_;
  RefreshLength(slot);
  RefreshLengthsFrom(next);
  return slot;
}

uint32_t PassageChain::Append(Passage passage) {
  passages_.push_back(passage);
  previous_.push_back(kNone);
  next_.push_back(kNone);
  wide_lengths_.push_back(0);
  return static_cast<uint32_t>(living_++);
}

void PassageChain::Link(uint32_t previous, uint32_t next) {
  next_[previous] = next;
  previous_[next] = previous;
}

void PassageChain::CountLengths() {
  for (uint32_t slot = 0; slot < passages_.size(); ++slot) RefreshLength(slot);
}

void PassageChain::Remove(uint32_t slot) {
  uint32_t previous = previous_[slot];
  uint32_t next = next_[slot];
  if (previous != kNone) next_[previous] = next;
  if (next != kNone) previous_[next] = previous;
  total_wide_length_ -= wide_lengths_[slot];
  passages_[slot] = {};
  previous_[slot] = next_[slot] = kNone;
  wide_lengths_[slot] = 0;
  removed_.push_back(slot);
  --living_;
  RefreshLengthsFrom(next);
}

void PassageChain::Recycle() {
  free_.insert(free_.end(), removed_.begin(), removed_.end());
  removed_.clear();
}

double PassageChain::average_wide_length() const {
  return living_ == 0 ? 0 : total_wide_length_ / static_cast<double>(living_);
}

void PassageChain::RefreshLength(uint32_t slot) {
  float length = passages_[slot].length;
  if (uint32_t first = previous_[slot]; first != kNone) {
    length += kPreviousShare * passages_[first].length;
    if (uint32_t second = previous_[first]; second != kNone) {
      length += kSecondPreviousShare * passages_[second].length;
    }
  }
  total_wide_length_ += static_cast<double>(length) - wide_lengths_[slot];
  wide_lengths_[slot] = length;
}

void PassageChain::RefreshLengthsFrom(uint32_t slot) {
  for (int i = 0; i < 2 && slot != kNone; ++i, slot = next_[slot]) RefreshLength(slot);
}

}  // namespace nexus::recall
