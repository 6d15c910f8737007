#include "cli/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <exception>

#include "base/json.h"
#include "cli/answer.h"
#include "http/client.h"

namespace nexus::cli {
namespace {

constexpr std::chrono::seconds kPatience{60};  // longer than the server itself waits for anything

http::Url RequireUrl(const std::string& text) {
  auto url = http::ParseUrl(text);
  if (!url) {
    Error error = url.error();
    if (error.remedy.empty()) error.remedy = "correct --url or NEXUS_URL";
    throw Failure(std::move(error));
  }
  return *url;
}

ErrorCode CodeOf(int status) {
  switch (status) {
    case 401:
      return ErrorCode::kUnauthorized;
    case 403:
      return ErrorCode::kForbidden;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
      return ErrorCode::kConflict;
    case 413:
      return ErrorCode::kTooLarge;
    case 503:
      return ErrorCode::kUnavailable;
    case 504:
      return ErrorCode::kTimeout;
    default:
      return status < 500 ? ErrorCode::kInvalid : ErrorCode::kInternal;
  }
}

std::string RemedyFor(int status) {
  if (status == 401) {
    return "the key is not known there: give --key-file or NEXUS_KEY, or --data-dir of the running "
           "`nexus up`";
  }
  if (status == 403) return "use a key that may do this; `nexus key create` makes one";
  if (status == 503) return "try again in a moment; `nexus status` shows what is away";
  return {};
}

}  // namespace

struct Server::Parts {
  explicit Parts(Connection wanted)
      : connection(std::move(wanted)), client(loop.get_executor(), RequireUrl(connection.url)) {}

  Connection connection;
  asio::io_context loop{1};
  http::Client client;
};

Server::Server(Connection connection) : parts_(std::make_unique<Parts>(std::move(connection))) {}
Server::~Server() = default;

const Connection& Server::connection() const { return parts_->connection; }

http::Response Server::Send(std::string method, std::string target, std::string body,
                            http::Headers headers) {
  if (parts_->connection.key) {
    headers.Set("authorization", "Bearer " + *parts_->connection.key);
  }
  if (!body.empty()) headers.Set("content-type", "application/json");
  http::Response response;
  std::exception_ptr failure;
  asio::co_spawn(
      parts_->loop,
      parts_->client.Send(
          {std::move(method), std::move(target), std::move(headers), std::move(body)}, kPatience),
      [&](std::exception_ptr thrown, http::Response answer) {
        failure = thrown;
        response = std::move(answer);
      });
  parts_->loop.restart();
  parts_->loop.run();
  if (!failure) return response;
  try {
    std::rethrow_exception(failure);
  } catch (const Failure& caught) {
    Error error = caught.error();
    if (error.code == ErrorCode::kUnavailable && error.remedy.empty()) {
      error.remedy = "start it with `nexus up`, or say where it is with --url";
    }
    throw Failure(std::move(error));
  }
}

boost::json::object Server::Ask(std::string method, std::string target, std::string body,
                                http::Headers headers) {
  if (!parts_->connection.key) throw Failure(parts_->connection.key.error());
  const http::Response response =
      Send(std::move(method), std::move(target), std::move(body), std::move(headers));
  if (response.status < 200 || response.status > 299) throw Failure(ReadProblem(response));
  if (response.body.empty()) return {};
  auto value = ParseJson(response.body);
  if (value && value->is_object()) return std::move(value->get_object());
  throw Failure(ErrorCode::kInternal,
                std::format("{} answers, but not as Nexus does", parts_->connection.url),
                "check --url");
}

Server Connect(const ConnectionFlags& given, const Defaults& defaults) {
  return Server(Resolve(given, ProcessEnvironment, defaults.data_directory));
}

Error ReadProblem(const http::Response& response) {
  Error error{CodeOf(response.status),
              std::format("the server answered {} {}", response.status,
                          http::ReasonPhrase(response.status)),
              "", RemedyFor(response.status)};
  auto body = ParseJson(response.body);
  if (!body || !body->is_object()) {
    error.remedy = "is that a Nexus? check --url";
    return error;
  }
  const boost::json::object& problem = body->get_object();
  error.field = TextOf(problem, "field");
  if (auto detail = TextOf(problem, "detail"); !detail.empty()) error.message = detail;
  if (error.field.size() > 1) error.message = error.field.substr(1) + ": " + error.message;
  if (auto remedy = TextOf(problem, "remedy"); !remedy.empty()) error.remedy = remedy;
  return error;
}

std::string BrainTarget(std::string_view brain, std::string_view rest) {
  RequireUtf8(brain, "the brain's name");
  return "/v1/brains/" + http::PercentEncode(brain) + std::string(rest);
}

void RequireUtf8(std::string_view text, std::string_view what) {
  const size_t bad = FindInvalidUtf8(text);
  if (bad == text.npos) return;
  throw Failure(ErrorCode::kInvalid, std::format("{} is not UTF-8 (byte {})", what, bad),
                "convert it, for example with iconv");
}

}  // namespace nexus::cli
