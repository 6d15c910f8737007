#include "embed/embedder.h"

namespace nexus::embed {

const std::string& Embedder::Prefix(TextRole role) const {
  return role == TextRole::kQuery ? info().query_prefix : info().passage_prefix;
}

size_t Embedder::CountTokens(std::string_view text, TextRole role) const {
  return tokenizer().Encode(Prefix(role) + std::string(text)).size();
}

}  // namespace nexus::embed
