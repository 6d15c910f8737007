#include "embed/remote_answer.h"

#include <boost/json/value.hpp>
#include <cmath>
#include <limits>

#include "base/json.h"
#include "embed/pooling.h"
#include "embed/remote_fault.h"

namespace nexus::embed {
namespace {

namespace json = boost::json;

constexpr size_t kMaxDepth = 16;
constexpr size_t kOtherValues = 16;  // of one entry, and of the answer itself

const json::value* Find(const json::value& value, std::string_view key) {
  return value.is_object() ? value.get_object().if_contains(key) : nullptr;
}

size_t ReadIndex(const json::value& entry, size_t texts) {
  const json::value* index = Find(entry, "index");
  const bool whole = index != nullptr && index->is_int64() && index->get_int64() >= 0;
  if (!whole) throw RemoteFault("its answer has an entry without an `index`");
  const auto number = static_cast<size_t>(index->get_int64());
  if (number < texts) return number;
  throw RemoteFault(
      std::format("its answer has an entry with the index {} to {} texts", number, texts));
}

float ReadNumber(const json::value& value) {
  if (!value.is_number()) throw RemoteFault("its answer has a vector with something else in it");
  const auto number = value.to_number<double>();
  if (std::abs(number) <= std::numeric_limits<float>::max()) return static_cast<float>(number);
  throw RemoteFault("its answer has a vector with a number that is too large");
}

std::vector<float> ReadVector(const json::value& entry, size_t dimension) {
  const json::value* numbers = Find(entry, "embedding");
  if (numbers == nullptr || !numbers->is_array()) {
    throw RemoteFault("its answer has an entry without a list `embedding`");
  }
  if (numbers->get_array().size() != dimension) {
    throw RemoteFault(std::format("its vectors have {} dimensions, nexus-model.toml says {}",
                                  numbers->get_array().size(), dimension));
  }
  std::vector<float> vector;
  for (const json::value& number : numbers->get_array()) vector.push_back(ReadNumber(number));
  try {
    return UnitVector(std::move(vector));
  } catch (const Failure& failure) {
    throw RemoteFault(failure.what());
  }
}

}  // namespace

std::vector<std::vector<float>> ReadEmbeddings(std::string_view body, size_t texts,
                                               size_t dimension) {
  const JsonLimits limits{kMaxDepth, (texts + 1) * (dimension + kOtherValues)};
  const Result<json::value> answer = ParseJson(body, limits);
  if (!answer) throw RemoteFault("its answer cannot be read as JSON: " + answer.error().message);
  const json::value* data = Find(*answer, "data");
  if (data == nullptr || !data->is_array()) throw RemoteFault("its answer has no list `data`");
  const json::array& entries = data->get_array();
  if (entries.size() != texts) {
    throw RemoteFault(std::format("it gave {} vectors for {} texts", entries.size(), texts));
  }
  std::vector<std::vector<float>> vectors(texts);
  for (const json::value& entry : entries) {
    std::vector<float>& vector = vectors[ReadIndex(entry, texts)];
    if (!vector.empty()) throw RemoteFault("its answer has two vectors for one text");
    vector = ReadVector(entry, dimension);
  }
  return vectors;
}

}  // namespace nexus::embed
