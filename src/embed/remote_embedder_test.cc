// Against a real HTTP server on the loopback, which answers well or as badly as a test tells it.
#include "embed/remote_embedder.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <future>
#include <mutex>
#include <thread>

#include "base/json.h"
#include "embed/circuit_breaker.h"
#include "embed/remote_transport.h"
#include "http/server.h"
#include "text/byte_count_tokenizer.h"

namespace nexus::embed {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using Texts = std::vector<std::string>;

constexpr size_t kDimension = 3;

json::array VectorOf(std::string_view text) {
  const auto first = text.empty() ? 0.0 : static_cast<double>(static_cast<uint8_t>(text.front()));
  return {first, static_cast<double>(text.size()), 1.0};
}

json::object Entry(size_t index, json::value embedding) {
  return {{"object", "embedding"}, {"index", index}, {"embedding", std::move(embedding)}};
}

http::Response Answer(json::array entries) {
  const json::object body{{"object", "list"}, {"data", std::move(entries)}};
  return {200, {{"content-type", "application/json"}}, SerializeJson(body)};
}

http::Response Embeddings(const Texts& texts) {
  json::array entries;
  for (size_t i = 0; i < texts.size(); ++i) entries.push_back(Entry(i, VectorOf(texts[i])));
  return Answer(std::move(entries));
}

// Answers on a thread of its own. A behaviour may return nothing: then no answer comes.
class EmbeddingServer {
 public:
  using Behaviour = std::function<std::optional<http::Response>(const Texts&)>;

  EmbeddingServer() {
    http::ServerOptions options;
    options.port = 0;
    server_.emplace(
        loop_.get_executor(), options,
        [this](http::Request request) { return Serve(this, std::move(request)); },
        [](int status, const Error&) { return http::Response{status, {}, ""}; });
    server_->Listen();
    thread_ = std::thread([this] { loop_.run(); });
  }

  ~EmbeddingServer() {
    std::promise<void> stopped;
    asio::post(loop_, [&] { gate_.cancel(); });
    asio::co_spawn(loop_, server_->Stop(milliseconds(0)),
                   [&](const std::exception_ptr&) { stopped.set_value(); });
    stopped.get_future().wait();
    loop_.stop();
    thread_.join();
  }

  std::string url() const { return std::format("http://127.0.0.1:{}", server_->port()); }

  void Behave(Behaviour behaviour) {
    std::lock_guard lock(guards_all_);
    behaviour_ = std::move(behaviour);
  }
  std::vector<Texts> asked() const {
    std::lock_guard lock(guards_all_);
    return asked_;
  }
  http::Request last() const {
    std::lock_guard lock(guards_all_);
    return last_;
  }
  size_t connections() {
    std::promise<size_t> count;
    asio::post(loop_, [&] { count.set_value(server_->open_connections()); });
    return count.get_future().get();
  }

 private:
  static Task<http::Response> Serve(EmbeddingServer* self, http::Request request) {
    const auto body = ParseJson(request.body);
    Texts texts;
    for (const json::value& text : body->at("input").as_array())
      texts.emplace_back(text.as_string());
    std::optional<http::Response> answer;
    {
      std::lock_guard lock(self->guards_all_);
      self->last_ = std::move(request);
      self->asked_.push_back(texts);
      answer = self->behaviour_(texts);
    }
    if (answer) co_return std::move(*answer);
    co_await self->gate_.async_wait(asio::use_awaitable);
    co_return http::Response{503, {}, ""};
  }

  asio::io_context loop_;
  asio::executor_work_guard<asio::io_context::executor_type> stays_{loop_.get_executor()};
  asio::steady_timer gate_{loop_, asio::steady_timer::time_point::max()};
  std::optional<http::Server> server_;
  mutable std::mutex guards_all_;
  Behaviour behaviour_ = &Embeddings;
  std::vector<Texts> asked_;
  http::Request last_;
  std::thread thread_;
};

class RemoteEmbedderTest : public testing::Test {
 protected:
  std::unique_ptr<Embedder> Open() { return Open(*EmbeddingsUrl(server_.url())); }

  std::unique_ptr<Embedder> Open(std::string url) {
    options_.url = std::move(url);
    options_.model = "toy-1";
    ModelInfo info{.name = "toy", .dimension = kDimension, .max_tokens = 64};
    info.query_prefix = "q: ";
    info.passage_prefix = "p: ";
    info.texts_per_call = 4;
    return OpenRemoteEmbedder(options_, std::move(info),
                              std::make_unique<text::ByteCountTokenizer>());
  }

  // Why `embedder` has no vectors for the texts.
  static Error Refusal(const Embedder& embedder, const Texts& texts) {
    try {
      embedder.EmbedAll(texts, TextRole::kPassage);
    } catch (const Failure& failure) {
      return failure.error();
    }
    ADD_FAILURE() << "was not refused";
    return {};
  }

  EmbeddingServer server_;
  RemoteOptions options_{.allow_private = true};
};

TEST_F(RemoteEmbedderTest, TextsTravelWithTheirPrefixInRequestsOfTheAgreedSizeWithTheKey) {
  options_.key = "not-a-real-key";
  const auto embedder = Open();
  const Texts texts{"a", "bb", "c", "d", "e", "f"};
  const auto vectors = embedder->EmbedAll(texts, TextRole::kPassage);
  EXPECT_EQ(server_.asked(),
            (std::vector<Texts>{{"p: a", "p: bb", "p: c", "p: d"}, {"p: e", "p: f"}}));
  ASSERT_EQ(vectors.size(), texts.size());
  for (const auto& vector : vectors) {
    double squares = 0;
    for (float value : vector) squares += double{value} * value;
    EXPECT_NEAR(squares, 1, 1e-5);
  }
  EXPECT_EQ(vectors[1], embedder->Embed("bb", TextRole::kPassage));
  embedder->Embed("a", TextRole::kQuery);
  EXPECT_EQ(server_.asked().back(), Texts{"q: a"});
  const http::Request last = server_.last();
  EXPECT_EQ(last.path, "/v1/embeddings");
  EXPECT_EQ(last.headers.Find("authorization"), "Bearer not-a-real-key");
  EXPECT_EQ(ParseJson(last.body)->at("model").as_string(), "toy-1");
}

TEST_F(RemoteEmbedderTest, OneConnectionServesOneCallAfterTheOther) {
  const auto embedder = Open();
  for (int i = 0; i < 5; ++i) embedder->Embed("a", TextRole::kPassage);
  EXPECT_EQ(server_.connections(), 1u);
}

TEST_F(RemoteEmbedderTest, VectorsAreOrderedByTheirIndex) {
  const auto embedder = Open();
  const auto expected = embedder->EmbedAll(Texts{"a", "bbb"}, TextRole::kPassage);
  server_.Behave([](const Texts& texts) {
    return Answer({Entry(1, VectorOf(texts[1])), Entry(0, VectorOf(texts[0]))});
  });
  EXPECT_EQ(embedder->EmbedAll(Texts{"a", "bbb"}, TextRole::kPassage), expected);
}

http::Response Status(int status) { return {status, {}, "why"}; }

// What the server does to two texts, and the reason that the caller hears. All are kUnavailable:
// the text is not at fault.
TEST_F(RemoteEmbedderTest, EveryBadAnswerIsRefusedWithItsReasonAndIsNoFaultOfTheText) {
  const json::array good = VectorOf("a");
  const auto body = [](std::string text) { return http::Response{200, {}, std::move(text)}; };
  const auto two = [&](json::value second) {
    return Answer({Entry(0, good), Entry(1, std::move(second))});
  };
  const std::pair<http::Response, std::string_view> cases[] = {
      {Status(500), "it answered 500"},
      {Status(503), "it answered 503"},
      {Status(401), "refuses the key (401)"},
      {Status(403), "refuses the key (403)"},
      {Status(404), "no such path or model (404)"},
      {Status(429), "asks for patience (429)"},
      {http::Response{302, {{"location", server_.url() + "/other"}}, ""}, "redirects (302)"},
      {Status(400), "it refuses every text (400)"},
      {Status(413), "it refuses every text (413)"},
      {Status(422), "it refuses every text (422)"},
      {body("<html>"), "cannot be read as JSON"},
      {body(""), "cannot be read as JSON"},
      {body("[]"), "no list `data`"},
      {body(R"({"data": {}})"), "no list `data`"},
      {body(R"({"data": [1, 2]})"), "an entry without an `index`"},
      {body(R"({"data": [{"index": 0, "embedding": [NaN, 1, 1]}, {}]})"), "cannot be read as JSON"},
      {Answer({Entry(0, good)}), "1 vectors for 2 texts"},
      {Answer({Entry(0, good), Entry(1, good), Entry(2, good)}), "3 vectors for 2 texts"},
      {Answer({Entry(0, good), Entry(0, good)}), "two vectors for one text"},
      {Answer({Entry(0, good), Entry(2, good)}), "the index 2 to 2 texts"},
      {Answer({Entry(0, good), {{"embedding", good}}}), "without an `index`"},
      {Answer({Entry(0, good), {{"index", 1}}}), "without a list `embedding`"},
      {two("AAAA"), "without a list `embedding`"},
      {two(json::array{1.0, 2.0}), "have 2 dimensions, nexus-model.toml says 3"},
      {two(json::array{1, 2, 3, 4}), "have 4 dimensions"},
      {two(json::array{1, 2, nullptr}), "something else in it"},
      {two(json::array{1, 2, "3"}), "something else in it"},
      {two(json::array{1, 2, 1e300}), "too large"},
      {two(json::array{0, 0, 0}), "without a direction"},
  };
  for (const auto& [answer, reason] : cases) {
    server_.Behave([&](const Texts&) { return answer; });
    const Error error = Refusal(*Open(), {"a", "b"});
    EXPECT_EQ(error.code, ErrorCode::kUnavailable) << reason << ": " << error.message;
    EXPECT_TRUE(error.message.contains(reason)) << reason << ": " << error.message;
    EXPECT_TRUE(error.message.contains(server_.url())) << error.message;
  }
}

// Catches the mutant that takes a 400 for the text's fault without asking for another text.
TEST_F(RemoteEmbedderTest, ATextIsAtFaultOnlyIfAnotherIsTaken) {
  const auto embedder = Open();
  server_.Behave([](const Texts& texts) -> std::optional<http::Response> {
    if (std::ranges::contains(texts, "p: poison")) return Status(400);
    return Embeddings(texts);
  });
  const Error error = Refusal(*embedder, {"a", "poison"});
  EXPECT_EQ(error.code, ErrorCode::kInvalid);
  EXPECT_TRUE(error.message.contains("refuses this text (400)")) << error.message;
  EXPECT_EQ(embedder->EmbedAll(Texts{"a", "b"}, TextRole::kPassage).size(), 2u);
  EXPECT_EQ(embedder->availability().trouble, "");
}

TEST_F(RemoteEmbedderTest, TextsThatAreTooMuchTogetherAreAskedForOneByOne) {
  const auto embedder = Open();
  server_.Behave([](const Texts& texts) -> std::optional<http::Response> {
    return texts.size() > 1 ? Status(413) : Embeddings(texts);
  });
  EXPECT_EQ(embedder->EmbedAll(Texts{"a", "b", "c"}, TextRole::kPassage).size(), 3u);
}

TEST_F(RemoteEmbedderTest, ATextThatDoesNotFitIsNotSent) {
  const auto embedder = Open();
  EXPECT_EQ(Refusal(*embedder, {std::string(64, 'x')}).code, ErrorCode::kTooLarge);
  EXPECT_TRUE(server_.asked().empty());
}

// Catches the mutant that counts a silent server as an ordinary failure: the next would wait, too.
TEST_F(RemoteEmbedderTest, AfterASilentServerTheNextCallIsRefusedWithoutTrying) {
  options_.timeout = milliseconds(200);
  const auto embedder = Open();
  server_.Behave([](const Texts&) { return std::nullopt; });
  EXPECT_TRUE(Refusal(*embedder, {"a"}).message.contains("Timeout"));
  EXPECT_TRUE(embedder->availability().refuses);
  EXPECT_EQ(Refusal(*embedder, {"a"}).code, ErrorCode::kUnavailable);
  EXPECT_EQ(server_.asked().size(), 1u);
}

// Catches the mutant that ignores Retry-After: half a second later it would ask again.
TEST_F(RemoteEmbedderTest, AServerThatAsksForPatienceIsLeftAloneForSoLong) {
  const auto embedder = Open();
  server_.Behave([](const Texts&) { return http::Response{429, {{"retry-after", "1000"}}, ""}; });
  const auto before = std::chrono::steady_clock::now();
  Refusal(*embedder, {"a"});
  while (std::chrono::steady_clock::now() - before < 2 * CircuitBreaker::kFirstPause) {
    ASSERT_TRUE(embedder->availability().refuses);
    std::this_thread::yield();
  }
}

TEST_F(RemoteEmbedderTest, ItWorksAgainAfterTheServerDoes) {
  const auto embedder = Open();
  server_.Behave([](const Texts&) { return Status(500); });
  for (int i = 0; i < CircuitBreaker::kFailuresToOpen; ++i) Refusal(*embedder, {"a"});
  EXPECT_TRUE(embedder->availability().refuses);
  EXPECT_TRUE(embedder->availability().trouble.contains("500"));
  server_.Behave(&Embeddings);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (embedder->availability().refuses && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(embedder->Embed("a", TextRole::kPassage).size(), kDimension);
  EXPECT_EQ(embedder->availability().trouble, "");
}

// Catches the mutant that looks at the name only: "localhost" is no address until it is resolved.
TEST_F(RemoteEmbedderTest, APrivateAddressIsNotAskedUnlessAllowed) {
  options_.allow_private = false;
  std::string by_name = server_.url();
  by_name.replace(by_name.find("127.0.0.1"), 9, "localhost");
  for (const std::string& url : {server_.url(), by_name}) {
    const Error error = Refusal(*Open(*EmbeddingsUrl(url)), {"a"});
    EXPECT_EQ(error.code, ErrorCode::kUnavailable);
    EXPECT_TRUE(error.message.contains("private address")) << error.message;
  }
  EXPECT_TRUE(server_.asked().empty());
}

TEST_F(RemoteEmbedderTest, NobodyThereIsUnavailable) {
  const auto embedder = Open("http://127.0.0.1:1/v1/embeddings");
  EXPECT_EQ(Refusal(*embedder, {"a"}).code, ErrorCode::kUnavailable);
}

TEST_F(RemoteEmbedderTest, SeveralThreadsAreServedAtOnce) {
  const auto embedder = Open();
  const auto expected = embedder->Embed("a", TextRole::kPassage);
  std::vector<std::future<std::vector<float>>> running;
  for (int i = 0; i < 8; ++i) {
    running.push_back(
        std::async(std::launch::async, [&] { return embedder->Embed("a", TextRole::kPassage); }));
  }
  for (auto& each : running) EXPECT_EQ(each.get(), expected);
}

TEST(EmbeddingsUrlTest, TheRouteIsCompleted) {
  const std::pair<const char*, const char*> cases[] = {
      {"https://h", "https://h/v1/embeddings"},
      {"https://h/", "https://h/v1/embeddings"},
      {"https://h/v1", "https://h/v1/embeddings"},
      {"https://h/v1/", "https://h/v1/embeddings"},
      {"https://h/v1/embeddings", "https://h/v1/embeddings"},
      {"http://h:8080/openai", "http://h:8080/openai/v1/embeddings"},
      {"https://h/v3/embeddings?version=2", "https://h/v3/embeddings?version=2"},
      {"http://[::1]:80", "http://[::1]:80/v1/embeddings"},
  };
  for (const auto& [base, expected] : cases) {
    const auto url = EmbeddingsUrl(base);
    EXPECT_EQ(url ? *url : url.error().message, expected);
  }
  for (const char* base :
       {"", "h", "ftp://h", "file:///etc/passwd", "https://u:p@h/", "https://h/#x", "https://"}) {
    EXPECT_FALSE(EmbeddingsUrl(base)) << base;
  }
}

TEST(RemoteIdentityTest, EachPartOfItCounts) {
  const RemoteOptions options{.url = "https://h/v1/embeddings", .model = "m"};
  const ModelInfo info{.dimension = 3, .query_prefix = "q", .passage_prefix = "p"};
  const std::string identity = RemoteIdentity(options, info);
  EXPECT_EQ(identity.size(), 64u);
  std::vector<RemoteOptions> other_options(2, options);
  other_options[0].url += "x";
  other_options[1].model = "n";
  for (const RemoteOptions& other : other_options) EXPECT_NE(RemoteIdentity(other, info), identity);
  std::vector<ModelInfo> other_infos(3, info);
  other_infos[0].dimension = 4;
  other_infos[1].query_prefix = "";
  other_infos[2].passage_prefix = "";
  for (const ModelInfo& other : other_infos) EXPECT_NE(RemoteIdentity(options, other), identity);
  RemoteOptions same = options;
  same.key = "not-a-real-key";
  same.timeout = milliseconds(1);
  same.allow_private = true;
  EXPECT_EQ(RemoteIdentity(same, info), identity);
}

}  // namespace
}  // namespace nexus::embed
