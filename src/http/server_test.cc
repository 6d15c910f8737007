#include "http/server.h"

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <format>
#include <memory>

#include "http/wire_for_tests.h"

namespace nexus::http {
namespace {

class ServerTest : public testing::Test {
 protected:
  ServerTest() { options_.port = 0; }

  ~ServerTest() override {
    gate_.cancel();
    if (server_) Await(loop_, server_->Stop(std::chrono::milliseconds(0)));
  }

  uint16_t Start() {
    server_ = std::make_unique<Server>(
        loop_.get_executor(), options_, [this](Request request) { return Serve(this, request); },
        [](int status, Error error) { return Response{status, {}, "refused: " + error.message}; });
    server_->Listen();
    return server_->port();
  }

  static Task<Response> Serve(ServerTest* test, Request request) {
    ++test->served_;
    test->last_ = request;
    if (request.path == "/throw") throw std::runtime_error("the secret cause");
    if (request.path == "/wait") {
      co_await test->gate_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    Response response{.status = 200, .headers = {{"X-Path", request.path}}, .body = {}};
    response.body = std::format("<{} {}>", request.method, request.body);
    if (request.path == "/empty") response = {.status = 204, .headers = {}, .body = {}};
    if (request.path == "/inject") response.headers.Set("X-Evil", "a\r\nX-Other: b");
    co_return response;
  }

  // Sends `bytes` on a connection of its own, and returns all that comes back.
  std::string Talk(std::string bytes) {
    Wire wire(loop_, server_->port());
    wire.Write(std::move(bytes));
    return wire.ReadToEnd();
  }

  asio::io_context loop_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
  asio::steady_timer gate_{loop_, asio::steady_timer::time_point::max()};
  int served_ = 0;
  Request last_;
};

TEST_F(ServerTest, ARequestArrivesWithAllItsParts) {
  Start();
  const std::string answer = Talk(
      "PUT /a%20b/c?x=1&name=Ana+M%C3%ADa&flag HTTP/1.1\r\nHost: h\r\nX-Some: thing\r\n"
      "Connection: close\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(last_.method, "PUT");
  EXPECT_EQ(last_.path, "/a%20b/c");
  EXPECT_EQ(last_.FindQuery("x"), "1");
  EXPECT_EQ(last_.FindQuery("name"), "Ana Mía");
  EXPECT_EQ(last_.FindQuery("flag"), "");
  EXPECT_EQ(last_.FindQuery("other"), std::nullopt);
  EXPECT_EQ(last_.headers.Find("x-SOME"), "thing");
  EXPECT_EQ(last_.body, "body");
  EXPECT_EQ(last_.remote_address, "127.0.0.1");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\nX-Path: /a%20b/c\r\nDate: ")) << answer;
  EXPECT_TRUE(answer.contains(" GMT\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("Content-Length: 10\r\nConnection: close\r\n\r\n<PUT body>"))
      << answer;
}

TEST_F(ServerTest, AConnectionServesOneRequestAfterTheOther) {
  Wire wire(loop_, Start());
  wire.Write("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_FALSE(wire.ReadUntil("<GET >").contains("Connection:"));
  wire.Write("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(wire.ReadUntil("<GET >").contains("X-Path: /2"));
  EXPECT_EQ(server_->open_connections(), 1u);
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  Start();
  const std::string answer = Talk(
      "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\none"
      "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: close\r\n\r\ntwo");
  const size_t first = answer.find("<POST one>");
  ASSERT_NE(first, answer.npos) << answer;
  EXPECT_NE(answer.find("<POST two>", first), answer.npos) << answer;
}

TEST_F(ServerTest, AChunkedBodyIsPutTogether) {
  Wire wire(loop_, Start());
  wire.Write("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r");
  wire.Write("\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n");
  EXPECT_TRUE(wire.ReadUntil(">").ends_with("<POST hello world>"));
  wire.Write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(wire.ReadUntil(">").ends_with("<GET >"));
}

TEST_F(ServerTest, AClientThatAsksFirstIsToldToContinue) {
  Wire wire(loop_, Start());
  wire.Write("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(wire.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  wire.Write("abc");
  EXPECT_TRUE(wire.ReadUntil(">").ends_with("<POST abc>"));
}

TEST_F(ServerTest, AClientThatAsksFirstIsRefusedBeforeItSends) {
  options_.max_body_bytes = 10;
  Wire wire(loop_, Start());
  wire.Write("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
  EXPECT_TRUE(wire.ReadUntil("\r\n").starts_with("HTTP/1.1 413 "));
}

// Mutant: without Linger() the connection is reset while the body is under way.
TEST_F(ServerTest, ABodyOverTheLimitIsRefusedSoThatTheClientCanReadIt) {
  options_.max_body_bytes = 1000;
  Wire wire(loop_, Start());
  constexpr size_t kSize = 16 << 20;
  EXPECT_TRUE(wire.Write(std::format("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{}",
                                     kSize, std::string(kSize, 'x'))));
  const std::string answer = wire.ReadToEnd();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
  EXPECT_TRUE(answer.contains("Connection: close\r\n")) << answer;
  EXPECT_TRUE(answer.contains("of 16777216 bytes is over the limit of 1000 bytes")) << answer;
  EXPECT_EQ(served_, 0);
}

TEST_F(ServerTest, WhatCannotBeServedIsRefusedWithTheRightStatus) {
  options_.max_header_bytes = 1000;
  options_.max_body_bytes = 1000;
  Start();
  const std::string long_text(2000, 'x');
  const std::pair<std::string, int> cases[] = {
      {"garbage\r\n\r\n", 400},
      {"\x16\x03\x01\x02\x00\x01\x00", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nHost: g\r\n\r\n", 400},
      {"GET /?a=%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n"
       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       501},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + long_text, 413},
      {"GET / HTTP/1.1\r\nHost: h\r\nX-Long: " + long_text + "\r\n\r\n", 431},
      {"GET /" + long_text + " HTTP/1.1\r\nHost: h\r\n\r\n", 431},
      {"GET / HTTP/3.7\r\nHost: h\r\n\r\n", 505},
  };
  for (const auto& [bytes, status] : cases) {
    const std::string answer = Talk(bytes);
    EXPECT_TRUE(answer.starts_with(std::format("HTTP/1.1 {} ", status))) << bytes << "\n" << answer;
    EXPECT_TRUE(answer.contains("refused: ")) << bytes;
  }
  EXPECT_EQ(served_, 0);
}

TEST_F(ServerTest, HalfARequestIsNeverServed) {
  Wire wire(loop_, Start());
  wire.Write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  wire.Shut();
  EXPECT_EQ(wire.ReadToEnd(), "");
  EXPECT_TRUE(RunUntil(loop_, [&] { return server_->open_connections() == 0; }));
  EXPECT_EQ(served_, 0);
}

TEST_F(ServerTest, ARequestThatArrivesTooSlowlyIsRefused) {
  options_.request_timeout = std::chrono::milliseconds(50);
  Wire wire(loop_, Start());
  wire.Write("GET / HTTP/1.1\r\nHost:");
  EXPECT_TRUE(wire.ReadToEnd().starts_with("HTTP/1.1 408 "));
}

TEST_F(ServerTest, LargeRequestsTogetherAreBounded) {
  options_.max_held_bytes = 1 << 20;
  const std::string body(600 << 10, 'x');
  const auto large = [&](const char* path) {
    return std::format("POST {} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{}", path,
                       body.size(), body);
  };
  Wire first(loop_, Start());
  ASSERT_TRUE(first.Write(large("/wait")));
  ASSERT_TRUE(RunUntil(loop_, [&] { return server_->running_requests() == 1; }));
  EXPECT_TRUE(Talk(large("/")).starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(Talk("GET / HTTP/1.0\r\n\r\n").contains("200 OK"));
  gate_.cancel();
  EXPECT_TRUE(first.ReadUntil(">").contains("200 OK"));
  ASSERT_TRUE(RunUntil(loop_, [&] { return server_->open_connections() == 1; }));
  ASSERT_TRUE(first.Write(large("/")));
  EXPECT_TRUE(first.ReadUntil(">").contains("200 OK"));
}

TEST_F(ServerTest, AnIdleConnectionIsClosedWithoutAWord) {
  options_.idle_timeout = std::chrono::milliseconds(50);
  Wire wire(loop_, Start());
  wire.Write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  wire.ReadUntil("<GET >");
  EXPECT_EQ(wire.ReadToEnd(), "");
}

TEST_F(ServerTest, HeadIsAnsweredWithoutTheBodyButWithItsLength) {
  Wire wire(loop_, Start());
  wire.Write("HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET /empty HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(wire.ReadUntil("\r\n\r\n").contains("Content-Length: 7\r\n"));
  const std::string empty = wire.ReadUntil("\r\n\r\n");
  EXPECT_TRUE(empty.starts_with("HTTP/1.1 204 No Content\r\n")) << empty;
  EXPECT_FALSE(empty.contains("Content-Length")) << empty;
}

TEST_F(ServerTest, AnOldClientIsKeptOnlyIfItAsks) {
  Start();
  EXPECT_TRUE(Talk("GET / HTTP/1.0\r\n\r\n").contains("Connection: close\r\n"));
  Wire wire(loop_, server_->port());
  wire.Write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(wire.ReadUntil("<GET >").contains("Connection: keep-alive\r\n"));
}

TEST_F(ServerTest, AHandlerThatThrowsIsAnsweredForAndTheConnectionGoesOn) {
  Wire wire(loop_, Start());
  wire.Write("GET /throw HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answer = wire.ReadUntil("refused: the server failed to serve this request");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 ")) << answer;
  EXPECT_FALSE(answer.contains("secret")) << answer;
  wire.Write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(wire.ReadUntil("<GET >").contains("200 OK"));
  EXPECT_EQ(server_->running_requests(), 0u);
}

TEST_F(ServerTest, AValueCannotBringHeaderFieldsOfItsOwn) {
  Wire wire(loop_, Start());
  wire.Write("GET /inject HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(wire.ReadUntil("\r\n\r\n").contains("X-Evil: a  X-Other: b\r\n"));
}

TEST_F(ServerTest, AHandlerWhoseClientHasGoneIsNotDisturbed) {
  Wire wire(loop_, Start());
  wire.Write("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(RunUntil(loop_, [&] { return server_->running_requests() == 1; }));
  wire.Close();
  gate_.cancel();
  EXPECT_TRUE(RunUntil(loop_, [&] { return server_->open_connections() == 0; }));
  EXPECT_EQ(served_, 1);
}

TEST_F(ServerTest, ConnectionsOverTheLimitAreTurnedAway) {
  options_.max_connections = 1;
  Wire first(loop_, Start());
  first.Write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  first.ReadUntil("<GET >");
  Wire second(loop_, server_->port());
  EXPECT_TRUE(second.ReadToEnd().starts_with("HTTP/1.1 503 "));
  first.Close();
  ASSERT_TRUE(RunUntil(loop_, [&] { return server_->open_connections() == 0; }));
  EXPECT_TRUE(Talk("GET / HTTP/1.0\r\n\r\n").contains("200 OK"));
}

Task<> StopInto(Server& server, std::chrono::milliseconds drain, bool& stopped) {
  co_await server.Stop(drain);
  stopped = true;
}

TEST_F(ServerTest, StoppingClosesIdleConnectionsAndAnswersRunningRequests) {
  Wire idle(loop_, Start());
  idle.Write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  idle.ReadUntil("<GET >");
  Wire fresh(loop_, server_->port());
  Wire busy(loop_, server_->port());
  busy.Write("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(RunUntil(loop_, [&] { return server_->running_requests() == 1; }));
  ASSERT_EQ(server_->open_connections(), 3u);

  bool stopped = false;
  asio::co_spawn(loop_, StopInto(*server_, kPatience, stopped), [](std::exception_ptr) {});
  EXPECT_EQ(idle.ReadToEnd(), "");
  EXPECT_EQ(fresh.ReadToEnd(), "");
  EXPECT_FALSE(stopped);
  EXPECT_THROW(Wire(loop_, server_->port()), std::exception);

  gate_.cancel();
  const std::string answer = busy.ReadToEnd();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK")) << answer;
  EXPECT_TRUE(answer.contains("Connection: close\r\n")) << answer;
  EXPECT_TRUE(RunUntil(loop_, [&] { return stopped; }));
  EXPECT_EQ(server_->open_connections(), 0u);
}

TEST_F(ServerTest, ARequestThatOutlastsTheDrainIsCutOff) {
  Wire wire(loop_, Start());
  wire.Write("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(RunUntil(loop_, [&] { return server_->running_requests() == 1; }));
  Await(loop_, server_->Stop(std::chrono::milliseconds(20)));
  EXPECT_EQ(server_->open_connections(), 0u);
  EXPECT_EQ(wire.ReadToEnd(), "");
}

TEST_F(ServerTest, ADrainThatIsCutOffEndsAtOnce) {
  Wire wire(loop_, Start());
  wire.Write("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(RunUntil(loop_, [&] { return server_->running_requests() == 1; }));
  bool stopped = false;
  asio::co_spawn(loop_, StopInto(*server_, std::chrono::hours(1), stopped),
                 [](std::exception_ptr) {});
  server_->CutOff();
  EXPECT_TRUE(RunUntil(loop_, [&] { return stopped; }));
  EXPECT_EQ(wire.ReadToEnd(), "");
}

TEST_F(ServerTest, ATakenPortIsNamedWithTheRemedy) {
  options_.port = Start();
  Server second(loop_.get_executor(), options_, nullptr, nullptr);
  try {
    second.Listen();
    FAIL() << "two servers share a port";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kConflict);
    EXPECT_EQ(failure.error().message, std::format("port {} on 127.0.0.1 is taken", options_.port));
    EXPECT_EQ(failure.error().remedy, "stop what listens there, or choose another with --port");
  }
}

TEST_F(ServerTest, AnAddressThatIsNoneIsRefused) {
  options_.address = "nowhere";
  try {
    Start();
    FAIL() << "it listens nowhere";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace nexus::http
