#include "embed/onnx_embedder.h"

#include <fcntl.h>
#include <onnxruntime_cxx_api.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "embed/pooling.h"

namespace nexus::embed {
namespace {

// Debian's ONNX Runtime registers its schemas twice and says so 567 times on stderr, past every
// log setting, when the first session of a process is made. While one of these lives, what is
// written to fd 2 is lost: hence only around that first session.
class SilentStderr {
 public:
  SilentStderr() : kept_(dup(STDERR_FILENO)) {
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (kept_ >= 0 && nowhere >= 0) dup2(nowhere, STDERR_FILENO);
    if (nowhere >= 0) close(nowhere);
  }
  ~SilentStderr() {
    if (kept_ < 0) return;
    dup2(kept_, STDERR_FILENO);
    close(kept_);
  }
  SilentStderr(const SilentStderr&) = delete;

 private:
  int kept_;
};

Ort::SessionOptions Options() {
  Ort::SessionOptions options;
  options.SetIntraOpNumThreads(1);
  options.SetInterOpNumThreads(1);
  options.SetExecutionMode(ORT_SEQUENTIAL);
  options.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  // Spinning triples the CPU time of short runs and gains no latency.
  options.AddConfigEntry("session.intra_op.allow_spinning", "0");
  options.AddConfigEntry("session.inter_op.allow_spinning", "0");
  return options;
}

Ort::Session OpenSession(const std::filesystem::path& model) {
  static std::mutex guards_first;
  static bool first = true;
  std::lock_guard lock(guards_first);
  static Ort::Env environment(ORT_LOGGING_LEVEL_ERROR, "nexus");
  std::optional<SilentStderr> silent;
  if (std::exchange(first, false)) silent.emplace();
  return Ort::Session(environment, model.c_str(), Options());
}

std::string FirstLine(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

Failure DoesNotFit(const std::filesystem::path& model, std::string_view why) {
  return Failure(ErrorCode::kInvalid,
                 std::format("{} cannot be used: {}", model.string(), FirstLine(why)),
                 "convert it anew with `make model`, or correct nexus-model.toml beside it");
}

class OnnxEmbedder final : public Embedder {
 public:
  OnnxEmbedder(const std::filesystem::path& model, ModelInfo info,
               std::unique_ptr<const text::Tokenizer> tokenizer)
      : info_(std::move(info)), tokenizer_(std::move(tokenizer)), session_(OpenSession(model)) {
    FindInputs(model);
    FindOutput(model);
  }

  const ModelInfo& info() const override { return info_; }
  const text::Tokenizer& tokenizer() const override { return *tokenizer_; }
  std::vector<float> Embed(std::string_view text, TextRole role) const override;

 private:
  void FindInputs(const std::filesystem::path& model);
  void FindOutput(const std::filesystem::path& model);
  std::vector<float> Run(std::span<const int32_t> ids) const;

  ModelInfo info_;
  std::unique_ptr<const text::Tokenizer> tokenizer_;
  mutable Ort::Session session_;  // Run() is thread-safe, though not const
  std::vector<std::string> inputs_;
  std::string output_;
};

void OnnxEmbedder::FindInputs(const std::filesystem::path& model) {
  Ort::AllocatorWithDefaultOptions allocator;
  for (size_t i = 0; i < session_.GetInputCount(); ++i) {
    std::string name = session_.GetInputNameAllocated(i, allocator).get();
    if (name != "input_ids" && name != "attention_mask" && name != "token_type_ids") {
      throw DoesNotFit(model, std::format("it asks for an input `{}`", name));
    }
    inputs_.push_back(std::move(name));
  }
  if (!std::ranges::contains(inputs_, "input_ids")) {
    throw DoesNotFit(model, "it has no input `input_ids`");
  }
}

void OnnxEmbedder::FindOutput(const std::filesystem::path& model) {
  Ort::AllocatorWithDefaultOptions allocator;
  size_t chosen = 0;
  for (size_t i = 0; i < session_.GetOutputCount(); ++i) {
    std::string name = session_.GetOutputNameAllocated(i, allocator).get();
    if (i > 0 && name != "last_hidden_state") continue;
    output_ = std::move(name);
    chosen = i;
  }
  const auto type = session_.GetOutputTypeInfo(chosen);
  const std::vector<int64_t> shape = type.GetTensorTypeAndShapeInfo().GetShape();
  const int64_t wanted = static_cast<int64_t>(info_.dimension);
  if (shape.size() != 3 || (shape[2] > 0 && shape[2] != wanted)) {
    throw DoesNotFit(model, std::format("its output `{}` is not a row of {} numbers per token",
                                        output_, info_.dimension));
  }
}

std::vector<float> OnnxEmbedder::Embed(std::string_view text, TextRole role) const {
  const std::vector<int32_t> ids = tokenizer_->Encode(Prefix(role) + std::string(text));
  if (ids.size() > info_.max_tokens) {
    throw Failure(ErrorCode::kTooLarge, std::format("a text of {} tokens does not fit {}'s {}",
                                                    ids.size(), info_.name, info_.max_tokens));
  }
  try {
    return UnitVector(Run(ids));
  } catch (const Ort::Exception& error) {
    throw Failure(ErrorCode::kInternal, "the model failed: " + FirstLine(error.what()));
  }
}

std::vector<float> OnnxEmbedder::Run(std::span<const int32_t> ids) const {
  std::vector<int64_t> tokens(ids.begin(), ids.end()), mask(ids.size(), 1), types(ids.size(), 0);
  const std::array<int64_t, 2> shape{1, static_cast<int64_t>(ids.size())};
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  std::vector<const char*> names;
  std::vector<Ort::Value> values;
  for (const std::string& name : inputs_) {
    auto& data = name == "input_ids" ? tokens : name == "attention_mask" ? mask : types;
    names.push_back(name.c_str());
    values.push_back(Ort::Value::CreateTensor<int64_t>(memory, data.data(), data.size(),
                                                       shape.data(), shape.size()));
  }
  const char* output = output_.c_str();
  std::vector<Ort::Value> outputs = session_.Run(Ort::RunOptions{nullptr}, names.data(),
                                                 values.data(), values.size(), &output, 1);
  const std::span<const float> states(outputs[0].GetTensorData<float>(),
                                      outputs[0].GetTensorTypeAndShapeInfo().GetElementCount());
  if (states.size() != ids.size() * info_.dimension) {
    throw Failure(ErrorCode::kInternal, "the model's output has another size than its input");
  }
  if (info_.pooling == "cls") {
    const auto first = states.first(info_.dimension);
    return {first.begin(), first.end()};
  }
  return MeanOfRows(states, info_.dimension);
}

}  // namespace

std::unique_ptr<Embedder> OpenOnnxEmbedder(const std::filesystem::path& model, ModelInfo info,
                                           std::unique_ptr<const text::Tokenizer> tokenizer) {
  try {
    return std::make_unique<OnnxEmbedder>(model, std::move(info), std::move(tokenizer));
  } catch (const Ort::Exception& error) {
    throw DoesNotFit(model, error.what());
  }
}

}  // namespace nexus::embed
