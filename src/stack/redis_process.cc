#include "stack/redis_process.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "stack/living_process.h"
#include "stack/system_failure.h"

namespace nexus::stack {

namespace {

constexpr std::array<std::string_view, 2> kProgramNames = {"redis-server", "valkey-server"};
constexpr std::chrono::milliseconds kPongTakes{200};
constexpr std::chrono::seconds kKillingTakes{10};

// A connected socket, or nothing.
class Connection {
 public:
  explicit Connection(const std::filesystem::path& path) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (path.native().size() > kMaxSocketPath) return;
    std::memcpy(address.sun_path, path.c_str(), path.native().size());
    number_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    connected_ = number_ >= 0 &&
                 connect(number_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (number_ >= 0) close(number_);
  }

  bool connected() const { return connected_; }

  // Who called listen(); 0 if unknown.
  pid_t ServerPid() const {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (getsockopt(number_, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return 0;
    return credentials.pid;
  }

  bool AnswersPing() const {
    constexpr std::string_view kPing = "PING\r\n";
    if (write(number_, kPing.data(), kPing.size()) != static_cast<ssize_t>(kPing.size())) {
      return false;
    }
    pollfd waiting{.fd = number_, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, static_cast<int>(kPongTakes.count())) != 1) return false;
    char answer[16];
    const ssize_t size = read(number_, answer, sizeof answer);
    return size > 0 && std::string_view(answer, static_cast<size_t>(size)).starts_with("+PONG");
  }

 private:
  int number_ = -1;
  bool connected_ = false;
};

}  // namespace

RedisProcess::RedisProcess(std::filesystem::path program, Layout layout, Account account,
                           std::filesystem::path socket_folder)
    : program_(std::move(program)),
      layout_(std::move(layout)),
      account_(std::move(account)),
      socket_folder_(std::move(socket_folder)) {}

bool RedisProcess::EndPredecessor(SteadyTime deadline) {
  pid_t pid = 0;
  {
    const Connection connection(socket());
    if (!connection.connected()) return false;
    pid = connection.ServerPid();
  }
  const auto gone = [&] { return LookAt(pid).state != ProcessState::kAlive; };
  if (std::ranges::contains(kProgramNames, LookAt(pid).name)) kill(pid, SIGTERM);
  if (WaitFor([&] { return gone() && !Connection(socket()).connected(); }, deadline)) return true;
  throw Failure(ErrorCode::kConflict,
                std::format("another program (pid {}) listens on {}", pid, socket().native()),
                std::format("end it: kill {}", pid));
}

Process RedisProcess::Launch() {
  if (Connection(socket()).connected()) {
    throw Failure(ErrorCode::kConflict,
                  std::format("another program listens on {}", socket().native()), "end it");
  }
  return Process::Start(
      {.program = program_,
       .arguments = {"--port",
                     "0",
                     "--unixsocket",
                     socket().native(),
                     "--unixsocketperm",
                     "700",
                     "--dir",
                     layout_.redis().native(),
                     "--appendonly",
                     "yes",
                     "--appendfsync",
                     "everysec",
                     "--save",
                     "",
                     "--maxmemory",
                     "128mb",
                     "--maxmemory-policy",
                     "volatile-lru",
                     "--daemonize",
                     "no",
                     "--pidfile",
                     ""},
       .run_as = geteuid() == account_.uid ? std::nullopt : std::optional(account_),
       .input = {},
       .output = log(),
       .death_signal = SIGTERM});
}

bool RedisProcess::Answers(pid_t pid) const {
  const Connection connection(socket());
  return connection.connected() && connection.ServerPid() == pid && connection.AnswersPing();
}

void RedisProcess::Stop(Process& process, std::chrono::milliseconds timeout) {
  process.Signal(SIGTERM);
  if (process.WaitUntil(std::chrono::steady_clock::now() + timeout)) return;
  process.Signal(SIGKILL);
  process.WaitUntil(std::chrono::steady_clock::now() + kKillingTakes);
}

}  // namespace nexus::stack
