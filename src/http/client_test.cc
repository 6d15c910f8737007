#include "http/client.h"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <format>
#include <memory>

#include "http/server.h"
#include "http/wire_for_tests.h"

namespace nexus::http {
namespace {

using asio::ip::tcp;
using std::chrono::milliseconds;

constexpr milliseconds kTimeout{10'000};

TEST(UrlTest, AddressesAreReadAndPrinted) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"http://127.0.0.1:8002", "http://127.0.0.1:8002"},
      {"http://nexus.example", "http://nexus.example:80"},
      {"http://h:1/", "http://h:1"},
      {"http://h:1/a/b/", "http://h:1/a/b"},
      {"http://[::1]:8002/x", "http://[::1]:8002/x"},
      {"http://[::1]", "http://[::1]:80"},
      {"https://h", "https is not spoken yet: \"https://h\""},
      {"127.0.0.1:8002", "\"127.0.0.1:8002\" is no address like http://127.0.0.1:8002"},
      {"http://", "\"http://\" is no address like http://127.0.0.1:8002"},
      {"http://h:0", "\"http://h:0\" is no address like http://127.0.0.1:8002"},
      {"http://h:65536", "\"http://h:65536\" is no address like http://127.0.0.1:8002"},
      {"http://h:8x", "\"http://h:8x\" is no address like http://127.0.0.1:8002"},
      {"http://[::1", "\"http://[::1\" is no address like http://127.0.0.1:8002"},
      {"http://u@h", "\"http://u@h\" is no address like http://127.0.0.1:8002"},
      {"http://h\r\nX: y", "\"http://h\r\nX: y\" is no address like http://127.0.0.1:8002"},
  };
  for (const auto& [text, expected] : cases) {
    const auto url = ParseUrl(text);
    EXPECT_EQ(url ? url->ToString() : url.error().message, expected);
  }
}

Task<Response> Echo(Request request) {
  Response response{.status = 201, .headers = {{"X-Path", request.path}}, .body = request.body};
  if (request.method == "HEAD") response.body = "never sent";
  co_return response;
}

// A server that follows a script: one connection for each line of it, on which every request is
// answered by the next part. An empty part closes the connection instead.
Task<> PlayScript(tcp::acceptor& acceptor, std::vector<std::vector<std::string>> script) {
  for (const auto& connection : script) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    for (const std::string& part : connection) {
      std::string request;
      while (!request.contains("\r\n\r\n")) {
        char chunk[4096];
        request.append(chunk,
                       co_await socket.async_read_some(asio::buffer(chunk), asio::use_awaitable));
      }
      if (part.empty()) break;
      co_await asio::async_write(socket, asio::buffer(part), asio::use_awaitable);
    }
  }
}

class ClientTest : public testing::Test {
 protected:
  Url Scripted(std::vector<std::vector<std::string>> script) {
    asio::co_spawn(loop_, PlayScript(acceptor_, std::move(script)), asio::detached);
    return Here(acceptor_.local_endpoint().port());
  }

  static Url Here(uint16_t port) { return {.host = "127.0.0.1", .port = port, .prefix = {}}; }

  Response Send(Client& client, ClientRequest request) {
    return Await(loop_, client.Send(std::move(request), kTimeout));
  }

  // The error of one request; a response fails the test.
  Error FailureOf(Task<Response> task) {
    try {
      const Response response = Await(loop_, std::move(task));
      ADD_FAILURE() << "an answer: " << response.status << " " << response.body;
    } catch (const Failure& failure) {
      return failure.error();
    }
    return {};
  }

  asio::io_context loop_;
  tcp::acceptor acceptor_{loop_, {asio::ip::address_v4::loopback(), 0}};
};

const std::string kFirst = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst";
const std::string kSecond = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond";

TEST_F(ClientTest, OneConnectionCarriesManyRequests) {
  ServerOptions options;
  options.port = 0;
  Server server(loop_.get_executor(), options, Echo, nullptr);
  server.Listen();
  Client client(loop_.get_executor(), {.host = "localhost", .port = server.port(), .prefix = "/p"});
  const std::string large(3 << 20, 'x');
  const Response posted = Send(client, {.method = "POST", .target = "/x", .body = large});
  EXPECT_EQ(posted.status, 201);
  EXPECT_EQ(posted.headers.Find("x-path"), "/p/x");
  EXPECT_EQ(posted.body, large);
  EXPECT_EQ(Send(client, {.method = "HEAD"}).body, "");
  EXPECT_EQ(Send(client, {.method = "POST", .body = "again"}).body, "again");
  EXPECT_EQ(server.open_connections(), 1u);
  EXPECT_EQ(Await(loop_, Fetch(Here(server.port()), {.method = "PUT", .body = "b"}, kTimeout)).body,
            "b");
  Await(loop_, server.Stop(milliseconds(0)));
}

TEST_F(ClientTest, AnAnswerMayEndWithTheConnection) {
  const Url url = Scripted({{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\nto the end"}});
  EXPECT_EQ(Await(loop_, Fetch(url, {}, kTimeout)).body, "to the end");
}

TEST_F(ClientTest, AConnectionThatDiedIdleIsReplaced) {
  Client client(loop_.get_executor(), Scripted({{kFirst}, {kSecond}}));
  EXPECT_EQ(Send(client, {}).body, "first");
  EXPECT_EQ(Send(client, {.method = "POST"}).body, "second");
}

TEST_F(ClientTest, WhatMayBeRepeatedIsRepeatedOnce) {
  const ClientRequest cases[] = {
      {.method = "GET"}, {.method = "POST", .headers = {{"Idempotency-Key", "k"}}, .body = "b"}};
  for (const ClientRequest& request : cases) {
    Client client(loop_.get_executor(), Scripted({{kFirst, ""}, {kSecond}}));
    EXPECT_EQ(Send(client, {}).body, "first");
    EXPECT_EQ(Send(client, request).body, "second");
  }
}

TEST_F(ClientTest, AWriteWithoutAKeyIsNotRepeated) {
  Client client(loop_.get_executor(), Scripted({{kFirst, ""}, {kSecond}}));
  EXPECT_EQ(Send(client, {}).body, "first");
  EXPECT_EQ(FailureOf(client.Send({.method = "POST"}, kTimeout)).code, ErrorCode::kUnavailable);
  EXPECT_EQ(Send(client, {}).body, "second");
}

TEST_F(ClientTest, NobodyThereIsSaidWithTheAddress) {
  const uint16_t port = acceptor_.local_endpoint().port();
  acceptor_.close();
  const Error error = FailureOf(Fetch(Here(port), {}, kTimeout));
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_TRUE(
      error.message.starts_with(std::format("no Nexus answers at http://127.0.0.1:{} (", port)))
      << error.message;
}

TEST_F(ClientTest, SilenceIsATimeout) {
  const Url url = Here(acceptor_.local_endpoint().port());
  const Error error = FailureOf(Fetch(url, {}, milliseconds(50)));
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_TRUE(error.message.contains(url.ToString())) << error.message;
}

TEST_F(ClientTest, AnswersThatAreBrokenOrTooLargeAreErrors) {
  struct Case {
    std::string answer;
    ErrorCode code;
  };
  const Case cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", ErrorCode::kUnavailable},
      {"SSH-2.0-OpenSSH\r\n", ErrorCode::kUnavailable},
      {"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", ErrorCode::kTooLarge},
      {"HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x'), ErrorCode::kTooLarge},
  };
  for (const Case& c : cases) {
    const Url url = Scripted({{c.answer}});
    EXPECT_EQ(FailureOf(Fetch(url, {}, kTimeout, {.max_body_bytes = 100})).code, c.code)
        << c.answer;
  }
}

}  // namespace
}  // namespace nexus::http
