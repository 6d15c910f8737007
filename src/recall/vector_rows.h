// The vectors of a brain, in rows of one size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "recall/dot_product.h"
#include "recall/image.h"
#include "recall/passage_chain.h"

namespace nexus::recall {

// Not thread-safe; const functions may run at the same time.
class VectorRows {
 public:
  struct Row {
    uint32_t episode = kNone;
    uint32_t begin = 0;  // bytes of the content
    uint32_t end = 0;
    uint32_t next = kNone;  // of the same episode
  };

  explicit VectorRows(size_t dimension);

  // `next` is another row of the episode, or kNone.
  uint32_t Add(Row row, std::span<const float> values);
  // This row and those behind it.
  void RemoveFrom(uint32_t row);

  // These rows, whose vectors follow in the image. Throws what the reader throws.
  static VectorRows Read(ImageReader& reader, size_t dimension, std::vector<Row> rows);
  void Write(ImageWriter& writer, uint32_t row) const;

  // The inner product of every row, also of unused ones (0). `question` has the dimension's size.
  std::vector<float> Score(std::span<const float> question) const;

  const Row& at(uint32_t row) const { return rows_[row]; }
  size_t rows() const { return rows_.size(); }  // also unused ones
  size_t dimension() const { return dimension_; }
  size_t resident_bytes() const;

 private:
  static constexpr size_t kRowsPerBlock = 128;
  static constexpr std::align_val_t kAlignment{kLanes * sizeof(float)};
  struct Release {
    void operator()(float* block) const { ::operator delete[](block, kAlignment); }
  };

  void AddBlock();
  float* Values(uint32_t row) const;

  size_t dimension_;
  size_t stride_;
  DotProduct dot_ = FastestDotProduct();
  std::vector<Row> rows_;
  std::vector<uint32_t> free_;
  std::vector<std::unique_ptr<float[], Release>> blocks_;  // grown without copying
};

}  // namespace nexus::recall
