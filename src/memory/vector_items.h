// Chunk vectors, item by item, out of pages that may end in the middle of one. Pure.
#pragma once

#include <vector>

#include "base/uuid.h"
#include "recall/brain_index.h"
#include "store/embeddings.h"

namespace nexus::memory {

struct ItemVectors {
  Uuid item;
  int64_t generation = 0;
  std::vector<recall::ChunkVector> chunks;
};

// Collects pages in order of (item, chunk).
class VectorItems {
 public:
  // The items that the page completes: all but the last one, which may go on in the next page.
  std::vector<ItemVectors> Add(std::vector<store::StoredVector> page);
  // The last one, once there is no further page.
  std::vector<ItemVectors> Finish();
  // Items whose chunks are of several generations: they were embedded anew between two pages and
  // must be read again. Emptied by the call.
  std::vector<Uuid> TakeTorn();

 private:
  void Complete(std::vector<ItemVectors>& completed);

  ItemVectors open_;
  bool torn_ = false;  // the open one
  std::vector<Uuid> torn_items_;
};

}  // namespace nexus::memory
