// A model directory: model.onnx, its tokenizer, and nexus-model.toml, which describes both:
//
//   name = "multilingual-e5-small"      query_prefix = "query: "      tokenizer = "tokenizer.bin"
//   dimension = 384                     passage_prefix = "passage: "  sha256 = "…"  (of model.onnx)
//   max_tokens = 512                    pooling = "mean"              tokenizer_sha256 = "…"
#pragma once

#include <filesystem>
#include <memory>

#include "embed/embedder.h"

namespace nexus::embed {

// Loads the model into ONNX Runtime (one intra-op thread, no spinning). Takes about a third of a
// second. Throws Failure in one line with a remedy: kNotFound if a file is missing, kConflict if a
// digest is not the pinned one, kInvalid if nexus-model.toml or the model does not fit.
// Must be called before other threads write to stderr: Debian's ONNX Runtime prints hundreds of
// lines when its first session is made, and those are kept off the terminal.
std::unique_ptr<Embedder> LoadModel(const std::filesystem::path& directory);

// $NEXUS_CACHE, else $XDG_CACHE_HOME/nexus, else $HOME/.cache/nexus; then
// models/multilingual-e5-small.
std::filesystem::path DefaultModelDirectory();

}  // namespace nexus::embed
