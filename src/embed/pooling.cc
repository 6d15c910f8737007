#include "embed/pooling.h"

#include <cmath>

#include "base/error.h"

namespace nexus::embed {

std::vector<float> MeanOfRows(std::span<const float> states, size_t dimension) {
  std::vector<float> mean(dimension);
  const size_t rows = states.size() / dimension;
  for (size_t row = 0; row < rows; ++row) {
    for (size_t i = 0; i < dimension; ++i) mean[i] += states[row * dimension + i];
  }
  for (float& value : mean) value /= static_cast<float>(rows);
  return mean;
}

std::vector<float> UnitVector(std::vector<float> vector) {
  double squares = 0;
  for (float value : vector) squares += double{value} * value;
  const double length = std::sqrt(squares);
  if (!std::isfinite(length) || length < 1e-12) {
    throw Failure(ErrorCode::kInternal, "the model gave a vector without a direction");
  }
  for (float& value : vector) value = static_cast<float>(value / length);
  return vector;
}

}  // namespace nexus::embed
