#include "embed/model.h"

#include <cstdlib>

#include "base/bytes.h"
#include "base/error.h"
#include "embed/model_description.h"
#include "embed/onnx_embedder.h"
#include "text/byte_count_tokenizer.h"
#include "text/unigram_tokenizer.h"

namespace nexus::embed {
namespace {

namespace fs = std::filesystem;

void CheckDigest(const fs::path& file, const std::string& pinned) {
  if (!fs::exists(file)) {
    throw Failure(ErrorCode::kNotFound, file.string() + " is missing",
                  "convert the model anew with `make model`");
  }
  const std::string digest = ToHex(Sha256File(file));
  if (digest == pinned) return;
  throw Failure(ErrorCode::kConflict,
                std::format("{} has digest {:.12}…, nexus-model.toml pins {:.12}…", file.string(),
                            digest, pinned),
                "convert it anew with `make model`, or correct the file");
}

std::unique_ptr<const text::Tokenizer> LoadTokenizer(const ModelDescription& description) {
  const fs::path& file = description.tokenizer;
  if (file.empty()) return std::make_unique<text::ByteCountTokenizer>();
  CheckDigest(file, description.tokenizer_sha256);
  if (file.extension() == ".bin") return text::UnigramTokenizer::Load(file);
  throw Failure(ErrorCode::kInvalid,
                std::format("{} is of a kind that this nexus cannot read", file.string()),
                "use a model with a SentencePiece Unigram tokenizer, as `make model` converts it");
}

}  // namespace

std::unique_ptr<Embedder> LoadModel(const fs::path& directory) {
  ModelDescription description = ReadModelDescription(directory);
  ModelInfo& info = description.info;
  const fs::path model = directory / "model.onnx";
  if (!description.remote) CheckDigest(model, info.artefact_sha256);
  auto tokenizer = LoadTokenizer(description);
  if (description.remote) {
    return OpenRemoteEmbedder(std::move(*description.remote), std::move(info),
                              std::move(tokenizer));
  }
  return OpenOnnxEmbedder(model, std::move(info), std::move(tokenizer));
}

fs::path DefaultModelDirectory() {
  const auto variable = [](const char* name) -> fs::path {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  fs::path cache = variable("NEXUS_CACHE");
  if (cache.empty() && !variable("XDG_CACHE_HOME").empty()) {
    cache = variable("XDG_CACHE_HOME") / "nexus";
  }
  if (cache.empty() && !variable("HOME").empty()) cache = variable("HOME") / ".cache/nexus";
  if (cache.empty()) cache = "/var/cache/nexus";
  return cache / "models/multilingual-e5-small";
}

}  // namespace nexus::embed
