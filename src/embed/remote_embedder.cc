#include "embed/remote_embedder.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"
#include "embed/circuit_breaker.h"
#include "embed/remote_answer.h"
#include "embed/remote_fault.h"
#include "embed/remote_transport.h"

namespace nexus::embed {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Vectors = std::vector<std::vector<float>>;

constexpr const char* kControlText = "hello";

bool MayConcernTheText(long status) { return status == 400 || status == 413 || status == 422; }

RemoteFault FaultOf(const RemoteReply& reply) {
  const long status = reply.status;
  const milliseconds pause = std::min<milliseconds>(reply.retry_after, kLongestPatience);
  if (status == 429) return RemoteFault("it asks for patience (429)", true, pause);
  if (status == 401 || status == 403) {
    return RemoteFault(std::format("it refuses the key ({})", status), true);
  }
  if (status == 404) return RemoteFault("it has no such path or model (404)", true);
  if (status >= 300 && status < 400) {
    return RemoteFault(std::format("it redirects ({}), which is not followed", status), true);
  }
  return RemoteFault(std::format("it answered {}", status), pause.count() > 0, pause);
}

class RemoteEmbedder final : public Embedder {
 public:
  RemoteEmbedder(RemoteOptions options, ModelInfo info,
                 std::unique_ptr<const text::Tokenizer> tokenizer)
      : options_(std::move(options)),
        info_(std::move(info)),
        tokenizer_(std::move(tokenizer)),
        transport_(options_.url, options_.key, options_.allow_private) {}

  const ModelInfo& info() const override { return info_; }
  const text::Tokenizer& tokenizer() const override { return *tokenizer_; }
  Availability availability() const override { return breaker_.At(steady_clock::now()); }

  std::vector<float> Embed(std::string_view text, TextRole role) const override {
    const std::string copy(text);
    return std::move(EmbedAll({&copy, 1}, role).front());
  }
  Vectors EmbedAll(std::span<const std::string> texts, TextRole role) const override;

 private:
  Vectors EmbedGuarded(std::span<const std::string> inputs, milliseconds timeout) const;
  Vectors Ask(std::span<const std::string> inputs, milliseconds timeout) const;
  RemoteReply Post(std::span<const std::string> inputs, milliseconds timeout) const;

  RemoteOptions options_;
  ModelInfo info_;
  std::unique_ptr<const text::Tokenizer> tokenizer_;
  RemoteTransport transport_;
  mutable CircuitBreaker breaker_;
};

Vectors RemoteEmbedder::EmbedAll(std::span<const std::string> texts, TextRole role) const {
  std::vector<std::string> inputs;
  for (const std::string& text : texts) {
    if (const size_t tokens = CountTokens(text, role); tokens > info_.max_tokens) {
      throw Failure(ErrorCode::kTooLarge, std::format("a text of {} tokens does not fit {}'s {}",
                                                      tokens, info_.name, info_.max_tokens));
    }
    inputs.push_back(Prefix(role) + text);
  }
  const milliseconds timeout =
      role == TextRole::kQuery ? std::min(options_.timeout, kQuestionTimeout) : options_.timeout;
  Vectors vectors;
  for (std::span rest(inputs); !rest.empty();) {
    const size_t count = std::min(info_.texts_per_call, rest.size());
    std::ranges::move(EmbedGuarded(rest.first(count), timeout), std::back_inserter(vectors));
    rest = rest.subspan(count);
  }
  return vectors;
}

// A text that is refused says that the server works.
Vectors RemoteEmbedder::EmbedGuarded(std::span<const std::string> inputs,
                                     milliseconds timeout) const {
  const auto call = breaker_.Enter(steady_clock::now());
  if (!call) throw Failure(ErrorCode::kUnavailable, availability().trouble);
  try {
    Vectors vectors = Ask(inputs, timeout);
    breaker_.Succeeded(*call);
    return vectors;
  } catch (const RemoteFault& fault) {
    const std::string reason = std::format("{}: {}", options_.url, fault.what());
    breaker_.Failed(*call, steady_clock::now(), {reason, fault.grave(), fault.pause()});
    throw Failure(ErrorCode::kUnavailable, reason);
  } catch (const Failure&) {
    breaker_.Succeeded(*call);
    throw;
  }
}

// Texts that are refused together are asked for one by one. One that is refused alone is at fault
// if the server takes another: else a wrong setting would give every text up for good.
Vectors RemoteEmbedder::Ask(std::span<const std::string> inputs, milliseconds timeout) const {
  const RemoteReply reply = Post(inputs, timeout);
  if (reply.status >= 200 && reply.status < 300) {
    return ReadEmbeddings(reply.body, inputs.size(), info_.dimension);
  }
  if (!MayConcernTheText(reply.status)) throw FaultOf(reply);
  if (inputs.size() > 1) {
    Vectors vectors;
    for (const std::string& input : inputs) {
      std::ranges::move(Ask({&input, 1}, timeout), std::back_inserter(vectors));
    }
    return vectors;
  }
  const std::string control = kControlText;
  const RemoteReply other = Post({&control, 1}, timeout);
  if (MayConcernTheText(other.status)) {
    throw RemoteFault(std::format("it refuses every text ({})", other.status), true);
  }
  if (other.status >= 300) throw FaultOf(other);
  throw Failure(ErrorCode::kInvalid,
                std::format("{}: it refuses this text ({})", options_.url, reply.status));
}

RemoteReply RemoteEmbedder::Post(std::span<const std::string> inputs, milliseconds timeout) const {
  json::object body;
  body["model"] = options_.model;
  body["input"] = json::array(inputs.begin(), inputs.end());
  body["encoding_format"] = "float";
  return transport_.Post(SerializeJson(body), timeout);
}

}  // namespace

std::unique_ptr<Embedder> OpenRemoteEmbedder(RemoteOptions options, ModelInfo info,
                                             std::unique_ptr<const text::Tokenizer> tokenizer) {
  return std::make_unique<RemoteEmbedder>(std::move(options), std::move(info),
                                          std::move(tokenizer));
}

std::string RemoteIdentity(const RemoteOptions& options, const ModelInfo& info) {
  const json::array parts{options.url, options.model, info.dimension, info.query_prefix,
                          info.passage_prefix};
  return ToHex(Sha256(SerializeJson(parts)));
}

}  // namespace nexus::embed
