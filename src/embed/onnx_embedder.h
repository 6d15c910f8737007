// The Embedder on ONNX Runtime: int64 inputs `input_ids`, `attention_mask` and, where the model
// asks for it, `token_type_ids`; output `last_hidden_state`, else the first one.
#pragma once

#include <filesystem>
#include <memory>

#include "embed/embedder.h"

namespace nexus::embed {

// One session for all threads, one text per run. Throws Failure(kInvalid), in one line with a
// remedy, if the file is no model or not one that `info` describes.
std::unique_ptr<Embedder> OpenOnnxEmbedder(const std::filesystem::path& model, ModelInfo info,
                                           std::unique_ptr<const text::Tokenizer> tokenizer);

}  // namespace nexus::embed
