#include "embed/model_description.h"

#include <cstdlib>
#include <fstream>
#include <toml++/toml.hpp>

#include "base/error.h"
#include "embed/remote_transport.h"

namespace nexus::embed {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxDimension = 4'000;  // of a halfvec that pgvector can index
constexpr int64_t kMaxModelTokens = 32'768;
constexpr int64_t kLeastTokens = 16;
constexpr int64_t kLeastEstimatedTokens = 64;  // a name and a date take as many bytes
constexpr int64_t kMaxTextsPerCall = 2'048;
constexpr size_t kRemoteCallsAtOnce = 4;
constexpr const char* kRemoteKeys[] = {
    "kind",         "name",           "url",           "model",      "dimension",
    "max_tokens",   "key_env",        "key_file",      "timeout_ms", "batch",
    "query_prefix", "passage_prefix", "allow_private", "tokenizer",  "tokenizer_sha256"};

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
      throw Wrong(error.description());
    }
  }

  Failure Wrong(std::string_view what) const { return embed::Wrong(file_, what); }
  bool Has(std::string_view key) const { return table_.contains(key); }

  std::string Text(std::string_view key) const { return Required<std::string>(key, "a text"); }
  std::string Text(std::string_view key, std::string_view otherwise) const {
    return Has(key) ? Text(key) : std::string(otherwise);
  }

  bool Flag(std::string_view key, bool otherwise) const {
    return Has(key) ? Required<bool>(key, "true or false") : otherwise;
  }

  size_t Number(std::string_view key, int64_t least, int64_t most) const {
    const int64_t value = Required<int64_t>(key, "a whole number");
    if (value < least || value > most) {
      throw Wrong(std::format("`{}` must be {} to {}", key, least, most));
    }
    return static_cast<size_t>(value);
  }
  size_t Number(std::string_view key, int64_t least, int64_t most, size_t otherwise) const {
    return Has(key) ? Number(key, least, most) : otherwise;
  }

  void RefuseOthers(std::span<const char* const> known) const {
    for (const auto& [key, value] : table_) {
      if (std::ranges::contains(known, key.str())) continue;
      const bool secret = key.str() == "key" || key.str() == "api_key";
      throw Wrong(secret ? "a key does not belong here: name where it is by `key_env` or `key_file`"
                         : std::format("unknown key `{}`", key.str()));
    }
  }

 private:
  template <typename T>
  T Required(std::string_view key, std::string_view kind) const {
    if (auto value = table_[key].value_exact<T>()) return *value;
    throw Wrong(std::format("`{}` must be there and be {}", key, kind));
  }

  fs::path file_;
  toml::table table_;
};

void ReadTokenizer(const Reader& reader, const fs::path& directory, ModelDescription& description) {
  description.tokenizer = directory / reader.Text("tokenizer");
  description.tokenizer_sha256 = reader.Text("tokenizer_sha256");
}

ModelDescription ReadOnnx(const Reader& reader, const fs::path& directory) {
  ModelDescription description;
  ModelInfo& info = description.info;
  info.name = reader.Text("name");
  info.artefact_sha256 = reader.Text("sha256");
  info.dimension = reader.Number("dimension", 1, kMaxDimension);
  info.max_tokens = reader.Number("max_tokens", kLeastTokens, kMaxModelTokens);
  info.query_prefix = reader.Text("query_prefix");
  info.passage_prefix = reader.Text("passage_prefix");
  info.pooling = reader.Text("pooling");
  if (info.pooling != "mean" && info.pooling != "cls") {
    throw reader.Wrong(R"(`pooling` must be "mean" or "cls")");
  }
  ReadTokenizer(reader, directory, description);
  return description;
}

std::string FileText(const Reader& reader, const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw reader.Wrong(std::format("`key_file`: {} cannot be read", file.string()));
  return {std::istreambuf_iterator<char>(stream), {}};
}

// From the environment or a file, without white space at its ends; empty if neither is named.
std::string ReadKey(const Reader& reader, const fs::path& directory) {
  std::string key;
  if (reader.Has("key_env") && reader.Has("key_file")) {
    throw reader.Wrong("`key_env` and `key_file` exclude each other");
  }
  if (reader.Has("key_file")) key = FileText(reader, directory / reader.Text("key_file"));
  if (reader.Has("key_env")) {
    const std::string variable = reader.Text("key_env");
    const char* value = std::getenv(variable.c_str());
    if (value == nullptr) {
      throw reader.Wrong(std::format("`key_env`: the variable {} is not set", variable));
    }
    key = value;
  }
  const auto is_space = [](char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); };
  while (!key.empty() && is_space(key.back())) key.pop_back();
  key.erase(key.begin(), std::ranges::find_if_not(key, is_space));
  const bool printable =
      std::ranges::all_of(key, [](char byte) { return byte > ' ' && byte < 127; });
  if (!printable) throw reader.Wrong("the key holds something that no key can");
  return key;
}

ModelDescription ReadRemote(const Reader& reader, const fs::path& directory) {
  reader.RefuseOthers(kRemoteKeys);
  ModelDescription description;
  RemoteOptions& remote = description.remote.emplace();
  auto url = EmbeddingsUrl(reader.Text("url"));
  if (!url) throw reader.Wrong(url.error().message);
  remote.url = std::move(*url);
  remote.model = reader.Text("model");
  remote.key = ReadKey(reader, directory);
  remote.timeout = std::chrono::milliseconds(reader.Number("timeout_ms", 100, 30'000, 10'000));
  remote.allow_private = reader.Flag("allow_private", false);
  if (!remote.key.empty() && !remote.allow_private && !remote.url.starts_with("https:")) {
    throw reader.Wrong("a key is not sent to the internet without encryption: use https");
  }
  ModelInfo& info = description.info;
  info.name = reader.Text("name");
  info.dimension = reader.Number("dimension", 1, kMaxDimension);
  info.query_prefix = reader.Text("query_prefix", "");
  info.passage_prefix = reader.Text("passage_prefix", "");
  info.pooling = "remote";
  info.texts_per_call = reader.Number("batch", 1, kMaxTextsPerCall, 32);
  info.calls_at_once = kRemoteCallsAtOnce;
  const bool exact = reader.Has("tokenizer");
  if (exact) ReadTokenizer(reader, directory, description);
  info.max_tokens =
      reader.Number("max_tokens", exact ? kLeastTokens : kLeastEstimatedTokens, kMaxModelTokens);
  info.artefact_sha256 = RemoteIdentity(remote, info);
  return description;
}

}  // namespace

ModelDescription ReadModelDescription(const fs::path& directory) {
  const fs::path file = directory / "nexus-model.toml";
  if (!fs::exists(file)) {
    throw Failure(ErrorCode::kNotFound, "there is no model in " + directory.string(),
                  "make it with `make model`, or point --model at a model's directory");
  }
  const Reader reader(file);
  const std::string kind = reader.Text("kind", "onnx");
  if (kind == "onnx") return ReadOnnx(reader, directory);
  if (kind == "openai") return ReadRemote(reader, directory);
  throw reader.Wrong(R"(`kind` must be "onnx" or "openai")");
}

}  // namespace nexus::embed
