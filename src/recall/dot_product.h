// Inner products, the whole cost of searching by meaning.
#pragma once

#include <cstddef>

namespace nexus::recall {

// Rows are padded with zeros to a multiple of this, so that no loop has a tail.
inline constexpr size_t kLanes = 16;

using DotProduct = float (*)(const float* a, const float* b, size_t count);

// The fastest one that this processor can run; `count` must be a multiple of kLanes. The last bits
// of the result differ from one kind of processor to the next.
DotProduct FastestDotProduct();

}  // namespace nexus::recall
