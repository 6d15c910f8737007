#include "http/parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>

namespace nexus::http {

namespace beast = boost::beast::http;

namespace {

// A chunk's size line and its extensions are no part of any of Beast's limits.
constexpr size_t kMaxChunkHeaderBytes = 16 << 10;

Headers Copy(const beast::fields& fields) {
  Headers headers;
  for (const auto& field : fields) headers.Add(field.name_string(), field.value());
  return headers;
}

// Feeds the parser until it wants more or is done.
template <typename Parser>
boost::system::error_code Feed(Parser& parser, std::string& buffer) {
  size_t taken = 0;
  boost::system::error_code error;
  while (!parser.is_done() && taken < buffer.size()) {
    const size_t size =
        parser.put(boost::asio::const_buffer(buffer.data() + taken, buffer.size() - taken), error);
    taken += size;
    if (error) break;
  }
  buffer.erase(0, taken);
  if (error == beast::error::need_more) error = {};
  if (!error && parser.is_header_done() && !parser.is_done() &&
      buffer.size() > kMaxChunkHeaderBytes)
    error = beast::error::bad_chunk_extension;
  return error;
}

std::unexpected<Refusal> Refuse(int status, ErrorCode code, std::string message,
                                std::string remedy = {}) {
  return std::unexpected(Refusal{status, Error{code, std::move(message), {}, std::move(remedy)}});
}

// "http://host/path" (RFC 9112, 3.2.2) is served as "/path".
std::string_view OriginForm(std::string_view target) {
  const size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == target.npos) return target;
  const size_t path = target.find_first_of("/?", scheme + 3);
  return path == target.npos ? "/" : target.substr(path);
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  const auto known = beast::int_to_status(static_cast<unsigned>(status));
  if (known == beast::status::unknown) return {};
  return beast::obsolete_reason(known);
}

struct RequestParser::State {
  beast::request_parser<beast::string_body> parser;
  size_t max_header_bytes;
  size_t max_body_bytes;
};

RequestParser::RequestParser(size_t max_header_bytes, size_t max_body_bytes)
    : state_(std::make_unique<State>()) {
  state_->max_header_bytes = max_header_bytes;
  state_->max_body_bytes = max_body_bytes;
  state_->parser.eager(true);
  state_->parser.header_limit(static_cast<std::uint32_t>(max_header_bytes));
  state_->parser.body_limit(max_body_bytes);
}

RequestParser::~RequestParser() = default;

std::expected<bool, Refusal> RequestParser::Read(std::string& buffer) {
  const boost::system::error_code error = Feed(state_->parser, buffer);
  if (error == beast::error::body_limit) {
    const auto size = state_->parser.get()[beast::field::content_length];
    return Refuse(413, ErrorCode::kTooLarge,
                  std::format("the body{} is over the limit of {} bytes",
                              size.empty() ? "" : std::format(" of {} bytes", std::string(size)),
                              state_->max_body_bytes),
                  "send less in one request");
  }
  if (error == beast::error::header_limit) {
    return Refuse(431, ErrorCode::kTooLarge,
                  std::format("the request's header is over the limit of {} bytes",
                              state_->max_header_bytes));
  }
  if (error == beast::error::bad_version)
    return Refuse(505, ErrorCode::kInvalid, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  if (error) {
    return Refuse(400, ErrorCode::kInvalid,
                  std::format("this is no HTTP request: {}", error.message()));
  }
  if (!state_->parser.is_header_done()) return false;
  return CheckHeader();
}

std::expected<bool, Refusal> RequestParser::CheckHeader() const {
  const auto& header = state_->parser.get();
  if (header.version() != 10 && header.version() != 11)
    return Refuse(505, ErrorCode::kInvalid, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  if (header.version() == 11 && header.count(beast::field::host) != 1)
    return Refuse(400, ErrorCode::kInvalid, "the request must have one Host field");
  const size_t codings = header.count(beast::field::transfer_encoding);
  if (codings > 0 && header.version() == 10)
    return Refuse(400, ErrorCode::kInvalid, "HTTP/1.0 has no transfer codings");
  if (codings > 1 ||
      (codings == 1 && !EqualIgnoringCase(header[beast::field::transfer_encoding], "chunked"))) {
    return Refuse(501, ErrorCode::kInvalid, "of transfer codings only \"chunked\" is understood",
                  "send the body with a Content-Length");
  }
  return state_->parser.is_done();
}

bool RequestParser::wants_continue() const {
  const auto& parser = state_->parser;
  return parser.is_header_done() && !parser.is_done() && parser.get().version() == 11 &&
         EqualIgnoringCase(parser.get()[beast::field::expect], "100-continue");
}

bool RequestParser::keep_alive() const { return state_->parser.keep_alive(); }
bool RequestParser::is_old() const { return state_->parser.get().version() == 10; }

Result<Request> RequestParser::Take() {
  auto& message = state_->parser.get();
  std::string_view target = OriginForm(message.target());
  target = target.substr(0, target.find('#'));
  const size_t question = target.find('?');
  Request request;
  request.method = message.method_string();
  request.path = target.substr(0, question);
  if (question != target.npos) {
    auto query = ParseQuery(target.substr(question + 1));
    if (!query) return Fail(ErrorCode::kInvalid, "the query of the address cannot be decoded");
    request.query = std::move(*query);
  }
  request.headers = Copy(message);
  request.body = std::move(message.body());
  return request;
}

struct ResponseParser::State {
  beast::response_parser<beast::string_body> parser;
};

ResponseParser::ResponseParser(size_t max_header_bytes, size_t max_body_bytes, bool to_head)
    : state_(std::make_unique<State>()) {
  state_->parser.eager(true);
  state_->parser.skip(to_head);
  state_->parser.header_limit(static_cast<std::uint32_t>(max_header_bytes));
  state_->parser.body_limit(max_body_bytes);
}

ResponseParser::~ResponseParser() = default;

Result<bool> ResponseParser::Read(std::string& buffer) {
  const boost::system::error_code error = Feed(state_->parser, buffer);
  if (error == beast::error::body_limit || error == beast::error::header_limit)
    return Fail(ErrorCode::kTooLarge, "the answer is larger than this client takes");
  if (error) return Fail(ErrorCode::kUnavailable, "the answer is no HTTP: {}", error.message());
  return state_->parser.is_done();
}

bool ResponseParser::ReadEnd() {
  auto& parser = state_->parser;
  if (!parser.got_some()) return false;
  boost::system::error_code error;
  if (!parser.is_done()) parser.put_eof(error);
  return !error && parser.is_done();
}

bool ResponseParser::keep_alive() const { return state_->parser.keep_alive(); }

Response ResponseParser::Take() {
  auto& message = state_->parser.get();
  return {.status = static_cast<int>(message.result_int()),
          .headers = Copy(message),
          .body = std::move(message.body())};
}

}  // namespace nexus::http
