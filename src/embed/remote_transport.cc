#include "embed/remote_transport.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <mutex>
#include <vector>

#include "embed/remote_address.h"
#include "embed/remote_fault.h"

namespace nexus::embed {
namespace {

constexpr std::chrono::milliseconds kLongestConnect{5'000};
constexpr std::string_view kRoute = "/embeddings";

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;
using List = std::unique_ptr<curl_slist, FreeList>;
using Url = std::unique_ptr<CURLU, FreeUrl>;

// What the callbacks of one request know and find out.
struct Exchange {
  bool allow_private = false;
  std::string refused;  // the last address that was not allowed
  std::string body;
  bool too_long = false;
};

curl_socket_t OpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(self);
  if (!exchange.allow_private && IsPrivateAddress(address->addr)) {
    exchange.refused = AddressText(address->addr);
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

size_t TakeBody(const char* bytes, size_t, size_t size, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  exchange.too_long = size > RemoteTransport::kMaxAnswerBytes - exchange.body.size();
  if (exchange.too_long) return 0;
  exchange.body.append(bytes, size);
  return size;
}

void InitialiseOnce() {
  static std::once_flag done;
  std::call_once(done, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

template <typename Value>
void Set(const Handle& handle, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(handle.get(), option, value);
  if (code != CURLE_OK) throw Failure(ErrorCode::kInternal, curl_easy_strerror(code));
}

RemoteFault NoAnswer(CURLcode code, const Exchange& exchange) {
  if (exchange.too_long) {
    return RemoteFault(
        std::format("its answer is longer than {} bytes", RemoteTransport::kMaxAnswerBytes));
  }
  if (!exchange.refused.empty() && code == CURLE_COULDNT_CONNECT) {
    return RemoteFault(std::format("{} is a private address; `allow_private = true` in "
                                   "nexus-model.toml lets it be asked",
                                   exchange.refused),
                       true);
  }
  return RemoteFault(std::format("no answer: {}", curl_easy_strerror(code)),
                     code == CURLE_OPERATION_TIMEDOUT);
}

std::string Part(const Url& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

bool EndsInVersion(std::string_view path) {
  const std::string_view last = path.substr(path.rfind('/') + 1);
  return last.size() >= 2 && last[0] == 'v' && last.find_first_not_of("0123456789", 1) == last.npos;
}

}  // namespace

// Handles that no request is using.
class RemoteTransport::Connections {
 public:
  Connections(std::string url_in, const std::string& key, bool allow_private_in)
      : url(std::move(url_in)), allow_private(allow_private_in) {
    InitialiseOnce();
    Append("Content-Type: application/json");
    Append("Expect:");
    if (!key.empty()) Append("Authorization: Bearer " + key);
  }

  Handle Take() {
    std::lock_guard lock(guards_idle_);
    if (idle_.empty()) return Make();
    Handle handle = std::move(idle_.back());
    idle_.pop_back();
    return handle;
  }

  void Keep(Handle handle) {
    std::lock_guard lock(guards_idle_);
    idle_.push_back(std::move(handle));
  }

  const std::string url;
  const bool allow_private;

 private:
  void Append(const std::string& header) {
    curl_slist* longer = curl_slist_append(headers_.get(), header.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    if (!headers_) headers_.reset(longer);
  }

  Handle Make() const {
    Handle handle(curl_easy_init());
    if (!handle) throw std::bad_alloc();
    Set(handle, CURLOPT_URL, url.c_str());
    Set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    Set(handle, CURLOPT_PROXY, "");
    Set(handle, CURLOPT_FOLLOWLOCATION, 0L);
    Set(handle, CURLOPT_NOSIGNAL, 1L);
    Set(handle, CURLOPT_USERAGENT, "nexus");
    Set(handle, CURLOPT_HTTPHEADER, headers_.get());
    Set(handle, CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
    Set(handle, CURLOPT_WRITEFUNCTION, &TakeBody);
    return handle;
  }

  List headers_;
  std::mutex guards_idle_;
  std::vector<Handle> idle_;
};

RemoteTransport::RemoteTransport(std::string url, const std::string& key, bool allow_private)
    : connections_(std::make_unique<Connections>(std::move(url), key, allow_private)) {}

RemoteTransport::~RemoteTransport() = default;

RemoteReply RemoteTransport::Post(const std::string& json,
                                  std::chrono::milliseconds timeout) const {
  Exchange exchange{.allow_private = connections_->allow_private};
  Handle handle = connections_->Take();
  Set(handle, CURLOPT_OPENSOCKETDATA, &exchange);
  Set(handle, CURLOPT_WRITEDATA, &exchange);
  Set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(json.size()));
  Set(handle, CURLOPT_POSTFIELDS, json.c_str());
  Set(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  Set(handle, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(std::min(timeout, kLongestConnect).count()));
  const CURLcode code = curl_easy_perform(handle.get());
  if (code != CURLE_OK) throw NoAnswer(code, exchange);  // and the handle goes
  RemoteReply reply{.body = std::move(exchange.body)};
  curl_off_t retry_after = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &reply.status);
  curl_easy_getinfo(handle.get(), CURLINFO_RETRY_AFTER, &retry_after);
  reply.retry_after = std::chrono::seconds(retry_after);
  connections_->Keep(std::move(handle));
  return reply;
}

Result<std::string> EmbeddingsUrl(const std::string& base) {
  const auto invalid = [&](std::string_view why) {
    return Fail(ErrorCode::kInvalid, "`url` {}; it is like https://host/v1", why);
  };
  InitialiseOnce();
  const Url url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK) {
    return invalid("is no address");
  }
  const std::string scheme = Part(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return invalid("must begin with http:// or https://");
  if (!Part(url, CURLUPART_USER).empty() || !Part(url, CURLUPART_PASSWORD).empty()) {
    return invalid("must not hold a user or a password");
  }
  if (!Part(url, CURLUPART_FRAGMENT).empty()) return invalid("must not have a fragment");
  std::string path = Part(url, CURLUPART_PATH);
  while (path.ends_with('/')) path.pop_back();
  if (!path.ends_with(kRoute)) path += (EndsInVersion(path) ? "" : "/v1") + std::string(kRoute);
  curl_url_set(url.get(), CURLUPART_PATH, path.c_str(), 0);
  return Part(url, CURLUPART_URL);
}

}  // namespace nexus::embed
