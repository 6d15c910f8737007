// The answer of an OpenAI-compatible POST /v1/embeddings.
#pragma once

#include <string_view>
#include <vector>

namespace nexus::embed {

// Unit vectors in the order of the texts, by the `index` of each. Throws RemoteFault, whose reason
// says what is wrong, if it is not JSON of the agreed shape, or if there is not exactly one vector
// for each text, or one of another dimension or without a direction. Pure.
std::vector<std::vector<float>> ReadEmbeddings(std::string_view body, size_t texts,
                                               size_t dimension);

}  // namespace nexus::embed
