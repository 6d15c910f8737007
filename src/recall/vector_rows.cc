#include "recall/vector_rows.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace nexus::recall {

namespace {

// By its bits, so that the compiler can look at many at once.
bool IsFinite(float value) { return (std::bit_cast<uint32_t>(value) & 0x7F800000) != 0x7F800000; }

}  // namespace

VectorRows::VectorRows(size_t dimension)
    : dimension_(dimension), stride_((dimension + kLanes - 1) / kLanes * kLanes) {}

uint32_t VectorRows::Add(Row row, std::span<const float> values) {
  assert(values.size() == dimension_);
  uint32_t slot = static_cast<uint32_t>(rows_.size());
  if (free_.empty()) {
    if (slot % kRowsPerBlock == 0) AddBlock();
    rows_.push_back(row);
  } else {
    slot = free_.back();
    free_.pop_back();
    rows_[slot] = row;
  }
  float* target = Values(slot);
  std::ranges::copy(values, target);
  std::fill(target + dimension_, target + stride_, 0.0F);
  return slot;
}

void VectorRows::RemoveFrom(uint32_t row) {
  while (row != kNone) {
    uint32_t next = rows_[row].next;
    rows_[row] = {};
    free_.push_back(row);
    row = next;
  }
}

std::vector<float> VectorRows::Score(std::span<const float> question) const {
  assert(question.size() == dimension_);
  std::vector<float> padded(question.begin(), question.end());
  padded.resize(stride_);
  std::vector<float> scores(rows_.size());
  for (size_t row = 0; row < rows_.size(); ++row) {
    if (rows_[row].episode == kNone) continue;
    scores[row] = dot_(padded.data(), Values(static_cast<uint32_t>(row)), stride_);
  }
  return scores;
}

void VectorRows::AddBlock() {
  const size_t bytes = kRowsPerBlock * stride_ * sizeof(float);
  blocks_.emplace_back(static_cast<float*>(::operator new[](bytes, kAlignment)));
}

VectorRows VectorRows::Read(ImageReader& reader, size_t dimension, std::vector<Row> rows) {
  VectorRows made(dimension);
  made.rows_ = std::move(rows);
  for (uint32_t row = 0; row < made.rows_.size(); ++row) {
    if (row % kRowsPerBlock == 0) made.AddBlock();
    const std::span values(made.Values(row), dimension);
    reader.GetAll(values);
    RefuseImageUnless(std::ranges::all_of(values, IsFinite), "a vector is not of numbers");
    std::fill(values.data() + dimension, values.data() + made.stride_, 0.0F);
  }
  return made;
}

void VectorRows::Write(ImageWriter& writer, uint32_t row) const {
  writer.PutAll(std::span<const float>(Values(row), dimension_));
}

float* VectorRows::Values(uint32_t row) const {
  return blocks_[row / kRowsPerBlock].get() + row % kRowsPerBlock * stride_;
}

size_t VectorRows::resident_bytes() const {
  return blocks_.size() * kRowsPerBlock * stride_ * sizeof(float) + rows_.size() * sizeof(Row);
}

}  // namespace nexus::recall
