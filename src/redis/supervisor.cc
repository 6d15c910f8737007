#include "redis/supervisor.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <format>

#include "base/error.h"
#include "base/log.h"
#include "redis/connection.h"

namespace nexus::redis {

class Supervisor::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(asio::any_io_executor executor, SupervisorOptions options)
      : options_(std::move(options)), executor_(executor), wake_(executor), ended_(executor) {}

  void Start();
  void BeginToStop();
  Task<> Stop();
  static Task<Reply> Run(std::shared_ptr<Core> self, std::vector<std::string> command,
                         std::chrono::milliseconds timeout);

  bool healthy() const { return healthy_ && connection_ && connection_->open(); }
  const std::string& last_error() const { return last_error_; }
  uint64_t generation() const { return generation_; }

 private:
  static Task<> Loop(std::shared_ptr<Core> self);
  Task<> RunOnce();
  Task<> Ping();
  Task<> Sleep(std::chrono::milliseconds time);
  void SetHealthy();
  void SetLost(std::string reason);

  const SupervisorOptions options_;
  const asio::any_io_executor executor_;
  asio::steady_timer wake_;   // ends a sleep of the loop early
  asio::steady_timer ended_;  // cancelled when the loop has ended
  asio::cancellation_signal cancel_;
  std::shared_ptr<Connection> connection_;  // shared with the commands that are running
  std::string last_error_ = "not connected yet";
  uint64_t generation_ = 0;
  bool healthy_ = false;
  bool lost_ = false;  // and the log knows
  bool running_ = false;
  bool stopping_ = false;
};

void Supervisor::Core::Start() {
  running_ = true;
  auto self = shared_from_this();
  asio::co_spawn(executor_, Loop(self), asio::bind_cancellation_slot(cancel_.slot(), [self](auto) {
                   self->running_ = false;
                   self->connection_.reset();
                   self->ended_.cancel();
                 }));
}

void Supervisor::Core::BeginToStop() {
  if (stopping_) return;
  stopping_ = true;
  healthy_ = false;
  last_error_ = "stopped";
  if (connection_) connection_->Close();
  cancel_.emit(asio::cancellation_type::terminal);
  wake_.cancel();
}

Task<> Supervisor::Core::Stop() {
  const auto self = shared_from_this();
  BeginToStop();
  while (running_) {
    ended_.expires_at(asio::steady_timer::time_point::max());
    co_await ended_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

Task<> Supervisor::Core::Loop(std::shared_ptr<Core> self) {
  auto backoff = self->options_.min_backoff;
  while (!self->stopping_) {
    const uint64_t before = self->generation_;
    std::string reason;
    try {
      co_await self->RunOnce();
    } catch (const std::exception& error) {
      reason = error.what();
    }
    self->connection_.reset();
    if (self->stopping_) co_return;
    self->SetLost(std::move(reason));
    if (self->generation_ != before) backoff = self->options_.min_backoff;
    co_await self->Sleep(backoff);
    backoff = std::min(backoff * 2, self->options_.max_backoff);
  }
}

// From a new connection to its loss, which is always an exception.
Task<> Supervisor::Core::RunOnce() {
  auto connection = co_await Connection::Open(executor_, options_.address, options_.timeout);
  connection_ = connection;
  co_await Ping();
  ++generation_;
  SetHealthy();
  while (true) {
    co_await Sleep(options_.ping_interval);
    co_await Ping();
  }
}

Task<> Supervisor::Core::Ping() {
  const Reply reply = co_await connection_->Run({"PING"}, options_.timeout);
  if (reply.string() != nullptr && *reply.string() == "PONG") co_return;
  throw Failure(ErrorCode::kUnavailable,
                std::format("Redis at {} answers PING with {}", options_.address.ToString(),
                            reply.error() ? reply.error()->message : "something else"));
}

Task<> Supervisor::Core::Sleep(std::chrono::milliseconds time) {
  wake_.expires_after(time);
  co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
}

void Supervisor::Core::SetHealthy() {
  if (lost_) LogInfo("Redis is back", {{"address", options_.address.ToString()}});
  lost_ = false;
  healthy_ = true;
  last_error_.clear();
}

void Supervisor::Core::SetLost(std::string reason) {
  if (!lost_) LogWarning("Redis is away", {{"reason", reason}});
  lost_ = true;
  healthy_ = false;
  last_error_ = std::move(reason);
}

Task<Reply> Supervisor::Core::Run(std::shared_ptr<Core> self, std::vector<std::string> command,
                                  std::chrono::milliseconds timeout) {
  if (!self->healthy()) {
    throw Failure(ErrorCode::kUnavailable,
                  self->last_error_.empty() ? "Redis is away" : self->last_error_);
  }
  const auto connection = self->connection_;
  std::exception_ptr failure;
  try {
    co_return co_await connection->Run(std::move(command), timeout);
  } catch (...) {
    failure = std::current_exception();
  }
  // Only the loop's own sleep is ended: it finds out what is wrong by its next PING.
  if (!connection->open()) self->wake_.cancel();
  std::rethrow_exception(failure);
}

Supervisor::Supervisor(asio::any_io_executor executor, SupervisorOptions options)
    : core_(std::make_shared<Core>(executor, std::move(options))) {}
Supervisor::~Supervisor() { core_->BeginToStop(); }

void Supervisor::Start() { core_->Start(); }
Task<> Supervisor::Stop() { return core_->Stop(); }
bool Supervisor::healthy() const { return core_->healthy(); }
std::string Supervisor::last_error() const {
  return core_->healthy() ? std::string() : core_->last_error();
}
uint64_t Supervisor::generation() const { return core_->generation(); }

Task<Reply> Supervisor::Run(std::vector<std::string> command, std::chrono::milliseconds timeout) {
  return Core::Run(core_, std::move(command), timeout);
}

}  // namespace nexus::redis
