#include "http/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <format>
#include <unordered_set>

#include "base/log.h"
#include "http/session.h"

namespace nexus::http {

using asio::ip::tcp;

namespace {

constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::milliseconds kCancelGrace{1'000};

tcp::endpoint Resolve(const ServerOptions& options) {
  boost::system::error_code error;
  const std::string& name = options.address;
  const auto address = asio::ip::make_address(name == "localhost" ? "127.0.0.1" : name, error);
  if (!error) return {address, options.port};
  throw Failure(ErrorCode::kInvalid, std::format("\"{}\" is no IP address to listen on", name),
                "choose 127.0.0.1, 0.0.0.0, ::1 or another address of this machine");
}

[[noreturn]] void ThrowCannotListen(const ServerOptions& options,
                                    const boost::system::error_code& error) {
  const std::string where = std::format("port {} on {}", options.port, options.address);
  if (error == asio::error::address_in_use) {
    throw Failure(ErrorCode::kConflict, where + " is taken",
                  "stop what listens there, or choose another with --port");
  }
  if (error == asio::error::access_denied) {
    throw Failure(ErrorCode::kForbidden, where + " may not be used by this user",
                  "choose one above 1023 with --port");
  }
  throw Failure(ErrorCode::kInvalid, std::format("cannot listen at {}: {}", where, error.message()),
                "choose an address of this machine and a free port");
}

}  // namespace

class Server::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(asio::any_io_executor executor, SessionContext shared)
      : context(std::move(shared)), executor_(executor), acceptor_(executor), changed_(executor) {}

  void Listen();
  Task<> Stop(std::chrono::milliseconds drain);
  void CloseAll();

  SessionContext context;
  uint16_t port() const { return port_; }
  size_t open_connections() const { return sessions_.size(); }

 private:
  static Task<> Accept(std::shared_ptr<Core> core);
  static Task<> RunSession(std::shared_ptr<Core> core, std::shared_ptr<Session> session);
  void Admit(tcp::socket socket);
  void TurnAway(tcp::socket socket);
  Task<bool> WaitUntilGone(std::chrono::milliseconds timeout);

  asio::any_io_executor executor_;
  tcp::acceptor acceptor_;
  asio::steady_timer changed_;  // cancelled whenever a connection or the accepting ends
  std::unordered_set<std::shared_ptr<Session>> sessions_;
  uint16_t port_ = 0;
  bool accepting_ = false;
};

void Server::Core::Listen() {
  const tcp::endpoint endpoint = Resolve(context.options);
  boost::system::error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    ThrowCannotListen(context.options, error);
  }
  port_ = acceptor_.local_endpoint().port();
  accepting_ = true;
  asio::co_spawn(executor_, Accept(shared_from_this()),
                 [core = shared_from_this()](std::exception_ptr) {
                   core->accepting_ = false;
                   core->changed_.cancel();
                 });
}

Task<> Server::Core::Accept(std::shared_ptr<Core> core) {
  while (core->acceptor_.is_open()) {
    auto [error, socket] =
        co_await core->acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (!core->acceptor_.is_open()) co_return;
    if (!error) {
      core->Admit(std::move(socket));
      continue;
    }
    // Out of file descriptors, most likely: a busy loop would make it worse.
    LogWarning("Cannot accept a connection", {{"reason", error.message()}});
    asio::steady_timer pause(core->executor_, kAcceptPause);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

void Server::Core::Admit(tcp::socket socket) {
  if (sessions_.size() >= context.options.max_connections) return TurnAway(std::move(socket));
  auto session = std::make_shared<Session>(std::move(socket), context);
  sessions_.insert(session);
  auto core = shared_from_this();
  asio::co_spawn(executor_, RunSession(core, session),
                 asio::bind_cancellation_slot(session->slot(), [core, session](auto) {
                   core->sessions_.erase(session);
                   core->changed_.cancel();
                 }));
}

Task<> Server::Core::RunSession(std::shared_ptr<Core>, std::shared_ptr<Session> session) {
  co_await session->Run();
}

// One attempt without waiting: whoever is turned away must not cost anything.
void Server::Core::TurnAway(tcp::socket socket) {
  const size_t limit = context.options.max_connections;
  const Response response = context.on_refused(
      503, Error{ErrorCode::kUnavailable,
                 std::format("the server has its limit of {} connections", limit),
                 {},
                 "try again a little later"});
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(Render(response, true, "close")), ignored);
  socket.shutdown(tcp::socket::shutdown_both, ignored);
}

void Server::Core::CloseAll() {
  boost::system::error_code ignored;
  context.stopping = true;
  acceptor_.close(ignored);
  const auto sessions = sessions_;
  for (const auto& session : sessions) session->Abort();
}

Task<> Server::Core::Stop(std::chrono::milliseconds drain) {
  const auto keep = shared_from_this();
  boost::system::error_code ignored;
  context.stopping = true;
  acceptor_.close(ignored);
  for (const auto& session : sessions_) session->CloseIfIdle();
  if (co_await WaitUntilGone(drain)) co_return;
  if (context.running_requests > 0) {
    LogWarning("Requests are cut off by the stop",
               {{"requests", context.running_requests}, {"waited_ms", drain.count()}});
  }
  CloseAll();
  if (!co_await WaitUntilGone(kCancelGrace)) LogError("Requests do not end; going on without them");
}

Task<bool> Server::Core::WaitUntilGone(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (accepting_ || !sessions_.empty()) {
    if (std::chrono::steady_clock::now() >= deadline) co_return false;
    changed_.expires_at(deadline);
    co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return true;
}

Server::Server(asio::any_io_executor executor, ServerOptions options, Handler on_request,
               RefusalHandler on_refused)
    : core_(std::make_shared<Core>(executor, SessionContext{.options = std::move(options),
                                                            .on_request = std::move(on_request),
                                                            .on_refused = std::move(on_refused)})) {
}

Server::~Server() { core_->CloseAll(); }

void Server::Listen() { core_->Listen(); }
uint16_t Server::port() const { return core_->port(); }
Task<> Server::Stop(std::chrono::milliseconds drain) { return core_->Stop(drain); }
void Server::CutOff() { core_->CloseAll(); }
size_t Server::open_connections() const { return core_->open_connections(); }
size_t Server::running_requests() const { return core_->context.running_requests; }

}  // namespace nexus::http
