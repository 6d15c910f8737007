#include "embed/model.h"

#include <cstdlib>
#include <toml++/toml.hpp>

#include "base/bytes.h"
#include "base/error.h"
#include "embed/onnx_embedder.h"
#include "text/unigram_tokenizer.h"

namespace nexus::embed {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxDimension = 2'000;  // of a vector that pgvector can index
constexpr int64_t kMaxModelTokens = 32'768;

// What nexus-model.toml says.
struct Description {
  ModelInfo info;
  fs::path tokenizer;
  std::string tokenizer_sha256;
};

Failure Wrong(const fs::path& file, std::string_view what) {
  return Failure(ErrorCode::kInvalid, std::format("{}: {}", file.string(), what),
                 "correct the file, or convert the model anew with `make model`");
}

// Values of a TOML file by key, where a missing or ill-typed one is a Failure.
class Reader {
 public:
  explicit Reader(fs::path file) : file_(std::move(file)) {
    try {
      table_ = toml::parse_file(file_.string());
    } catch (const toml::parse_error& error) {
      throw Wrong(file_, error.description());
    }
  }

  std::string Text(std::string_view key) const { return Required<std::string>(key, "a text"); }

  size_t Number(std::string_view key, int64_t least, int64_t most) const {
    const int64_t value = Required<int64_t>(key, "a whole number");
    if (value < least || value > most) {
      throw Wrong(file_, std::format("`{}` must be {} to {}", key, least, most));
    }
    return static_cast<size_t>(value);
  }

 private:
  template <typename T>
  T Required(std::string_view key, std::string_view kind) const {
    if (auto value = table_[key].value_exact<T>()) return *value;
    throw Wrong(file_, std::format("`{}` must be there and be {}", key, kind));
  }

  fs::path file_;
  toml::table table_;
};

Description ReadDescription(const fs::path& directory) {
  const fs::path file = directory / "nexus-model.toml";
  if (!fs::exists(file)) {
    throw Failure(ErrorCode::kNotFound, "there is no model in " + directory.string(),
                  "make it with `make model`, or point --model at a model's directory");
  }
  const Reader reader(file);
  Description description;
  ModelInfo& info = description.info;
  info.name = reader.Text("name");
  info.artefact_sha256 = reader.Text("sha256");
  info.dimension = reader.Number("dimension", 1, kMaxDimension);
  info.max_tokens = reader.Number("max_tokens", 16, kMaxModelTokens);
  info.query_prefix = reader.Text("query_prefix");
  info.passage_prefix = reader.Text("passage_prefix");
  info.pooling = reader.Text("pooling");
  if (info.pooling != "mean" && info.pooling != "cls") {
    throw Wrong(file, R"(`pooling` must be "mean" or "cls")");
  }
  description.tokenizer = directory / reader.Text("tokenizer");
  description.tokenizer_sha256 = reader.Text("tokenizer_sha256");
  return description;
}

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

std::unique_ptr<const text::Tokenizer> LoadTokenizer(const fs::path& file) {
  if (file.extension() == ".bin") return text::UnigramTokenizer::Load(file);
  throw Failure(ErrorCode::kInvalid,
                std::format("{} is of a kind that this nexus cannot read", file.string()),
                "use a model with a SentencePiece Unigram tokenizer, as `make model` converts it");
}

}  // namespace

std::unique_ptr<Embedder> LoadModel(const fs::path& directory) {
  Description description = ReadDescription(directory);
  const fs::path model = directory / "model.onnx";
  CheckDigest(model, description.info.artefact_sha256);
  CheckDigest(description.tokenizer, description.tokenizer_sha256);
  return OpenOnnxEmbedder(model, std::move(description.info), LoadTokenizer(description.tokenizer));
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
