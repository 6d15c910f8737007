#include "memory/vector_items.h"

namespace nexus::memory {

std::vector<ItemVectors> VectorItems::Add(std::vector<store::StoredVector> page) {
  std::vector<ItemVectors> completed;
  for (store::StoredVector& vector : page) {
    if (open_.chunks.empty() || vector.item != open_.item) {
      Complete(completed);
      open_.item = vector.item;
      open_.generation = vector.generation;
    }
    if (vector.generation != open_.generation) torn_ = true;
    open_.chunks.push_back({vector.begin, vector.end, std::move(vector.values)});
  }
  return completed;
}

std::vector<ItemVectors> VectorItems::Finish() {
  std::vector<ItemVectors> completed;
  Complete(completed);
  return completed;
}

void VectorItems::Complete(std::vector<ItemVectors>& completed) {
  if (torn_) {
    torn_items_.push_back(open_.item);
  } else if (!open_.chunks.empty()) {
    completed.push_back(std::move(open_));
  }
  open_ = {};
  torn_ = false;
}

std::vector<Uuid> VectorItems::TakeTorn() { return std::exchange(torn_items_, {}); }

}  // namespace nexus::memory
