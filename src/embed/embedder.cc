#include "embed/embedder.h"

namespace nexus::embed {

const std::string& Embedder::Prefix(TextRole role) const {
  return role == TextRole::kQuery ? info().query_prefix : info().passage_prefix;
}

std::vector<std::vector<float>> Embedder::EmbedAll(std::span<const std::string> texts,
                                                   TextRole role) const {
  std::vector<std::vector<float>> vectors;
  for (const std::string& text : texts) vectors.push_back(Embed(text, role));
  return vectors;
}

size_t Embedder::CountTokens(std::string_view text, TextRole role) const {
  return tokenizer().Encode(Prefix(role) + std::string(text)).size();
}

}  // namespace nexus::embed
