// A model directory: model.onnx, its tokenizer, and nexus-model.toml, which describes both:
//
//   name = "multilingual-e5-small"      query_prefix = "query: "      tokenizer = "tokenizer.bin"
//   dimension = 384                     passage_prefix = "passage: "  sha256 = "…"  (of model.onnx)
//   max_tokens = 512                    pooling = "mean"              tokenizer_sha256 = "…"
//
// or a model elsewhere, with only the description in its directory (what is in brackets may be
// left out; then it is what stands here):
//
//   kind = "openai"                     dimension = 1536              [key_env = ""]
//   name = "text-embedding-3-small"     max_tokens = 8191             [key_file = ""]
//   model = "text-embedding-3-small"    [query_prefix = ""]           [timeout_ms = 10000]
//   url = "https://api.example.org/v1"  [passage_prefix = ""]         [batch = 32]
//   [allow_private = false]             [tokenizer = ""]              [tokenizer_sha256 = ""]
//
// Its texts are posted to `url` + /embeddings (remote_transport.h says how it is completed), with
// the key from the environment variable or the file (beside the description). Without a tokenizer a
// byte counts as a token, so that no text can be too long for it. Unless `allow_private`, addresses
// of this machine and of private networks are refused (remote_address.h).
#pragma once

#include <filesystem>
#include <memory>

#include "embed/embedder.h"

namespace nexus::embed {

// Loads the model into ONNX Runtime (one intra-op thread, no spinning), which takes about a third
// of a second; one elsewhere is not asked yet: it may be away. Throws Failure in one line with a
// remedy: kNotFound if a file is missing, kConflict if a digest is not the pinned one, kInvalid if
// nexus-model.toml or the model does not fit. Must be called before other threads write to stderr:
// Debian's ONNX Runtime prints hundreds of lines when its first session is made, and those are kept
// off the terminal.
std::unique_ptr<Embedder> LoadModel(const std::filesystem::path& directory);

// $NEXUS_CACHE, else $XDG_CACHE_HOME/nexus, else $HOME/.cache/nexus; then
// models/multilingual-e5-small.
std::filesystem::path DefaultModelDirectory();

}  // namespace nexus::embed
