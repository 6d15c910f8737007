// What a model's directory says about it, in nexus-model.toml; model.h tells the keys.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "embed/remote_embedder.h"

namespace nexus::embed {

struct ModelDescription {
  ModelInfo info;
  std::filesystem::path tokenizer;  // empty: not known
  std::string tokenizer_sha256;
  std::optional<RemoteOptions> remote;  // of `kind = "openai"`, with its key
};

// Throws Failure, naming the file and the remedy.
ModelDescription ReadModelDescription(const std::filesystem::path& directory);

}  // namespace nexus::embed
