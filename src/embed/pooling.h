// From a model's token states to one vector. Pure.
#pragma once

#include <span>
#include <vector>

namespace nexus::embed {

// The mean of the rows of `states`, each `dimension` long; there is at least one.
std::vector<float> MeanOfRows(std::span<const float> states, size_t dimension);

// The same direction, length one. Throws Failure(kInternal) if it has none: NaN, infinite or zero.
std::vector<float> UnitVector(std::vector<float> vector);

}  // namespace nexus::embed
