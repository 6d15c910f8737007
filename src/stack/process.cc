#include "stack/process.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <thread>

#include "stack/system_failure.h"

namespace nexus::stack {

namespace {

constexpr std::chrono::milliseconds kPollInterval{3};

// Closes at the end of its scope.
class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { Close(); }
  int number() const { return number_; }
  void Close() {
    if (number_ >= 0) close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

// Everything the child needs, made before the fork: between fork and exec it must not allocate.
struct Launch {
  std::vector<std::string> words = {};  // owns what argv and environment point to
  std::vector<char*> argv = {};
  std::vector<char*> environment = {};
  const Account* run_as = nullptr;
  int input = -1;
  int output = -1;
  int report = -1;  // gets errno if something fails; closed by a successful exec
  int death_signal = 0;
  pid_t parent = 0;
};

void AddWords(Launch& launch, const Command& command) {
  launch.words.push_back(command.program.native());
  launch.words.insert(launch.words.end(), command.arguments.begin(), command.arguments.end());
  const size_t arguments = launch.words.size();
  for (const char* name : {"PATH", "LD_LIBRARY_PATH"}) {
    if (const char* value = std::getenv(name))
      launch.words.push_back(std::format("{}={}", name, value));
  }
  launch.words.insert(launch.words.end(), {"LC_ALL=C.UTF-8", "TZ=UTC"});
  for (size_t i = 0; i < launch.words.size(); ++i) {
    (i < arguments ? launch.argv : launch.environment).push_back(launch.words[i].data());
  }
  launch.argv.push_back(nullptr);
  launch.environment.push_back(nullptr);
}

int OpenInput(const std::string& text) {
  if (text.empty()) return open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int file = memfd_create("nexus-input", MFD_CLOEXEC);
  if (file >= 0 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size())) {
    lseek(file, 0, SEEK_SET);
  }
  return file;
}

// It belongs to whom its folder does, or root would take the log from the user it runs for.
int OpenOutput(const std::filesystem::path& path) {
  if (path.empty()) return open("/dev/null", O_WRONLY | O_CLOEXEC);
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
  struct stat folder;
  if (file >= 0 && geteuid() == 0 && stat(path.parent_path().c_str(), &folder) == 0) {
    [[maybe_unused]] const int ignored = fchown(file, folder.st_uid, folder.st_gid);
  }
  return file;
}

void ResetSignals() {
  for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// The order matters: a change of user clears the death signal.
bool DropTo(const Account* account) {
  if (account == nullptr) return true;
  return setgroups(0, nullptr) == 0 && setgid(account->gid) == 0 && setuid(account->uid) == 0;
}

// In the child; only functions that are safe after fork in a program with threads.
[[noreturn]] void BecomeProgram(const Launch& launch) {
  const bool ready = setsid() >= 0 && dup2(launch.input, 0) >= 0 && dup2(launch.output, 1) >= 0 &&
                     dup2(launch.output, 2) >= 0 && chdir("/") == 0 && DropTo(launch.run_as) &&
                     prctl(PR_SET_PDEATHSIG, launch.death_signal) == 0;
  if (ready && getppid() == launch.parent) {
    umask(077);
    close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    ResetSignals();
    execve(launch.argv[0], launch.argv.data(), launch.environment.data());
  }
  const int error_number = errno;
  [[maybe_unused]] ssize_t written = write(launch.report, &error_number, sizeof error_number);
  _exit(127);
}

// With all signals blocked, so that no handler of ours runs in the child.
pid_t Fork(const Launch& launch) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = fork();
  if (pid == 0) BecomeProgram(launch);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return pid;
}

// Blocks until the exec; 0 or the errno of what failed.
int ReadReport(int pipe_end) {
  int error_number = 0;
  ssize_t count;
  do {
    count = read(pipe_end, &error_number, sizeof error_number);
  } while (count < 0 && errno == EINTR);
  return count == sizeof error_number ? error_number : 0;
}

}  // namespace

Process Process::Start(const Command& command) {
  if (gettid() != getpid()) throw std::logic_error("children are started by the main thread only");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw SystemFailure("start", command.program, errno);
  FileDescriptor listening(ends[0]);
  FileDescriptor reporting(ends[1]);
  FileDescriptor input(OpenInput(command.input));
  if (input.number() < 0) throw SystemFailure("start", command.program, errno);
  FileDescriptor output(OpenOutput(command.output));
  if (output.number() < 0) throw SystemFailure("write", command.output, errno);

  Launch launch{.run_as = command.run_as ? &*command.run_as : nullptr,
                .input = input.number(),
                .output = output.number(),
                .report = reporting.number(),
                .death_signal = command.death_signal,
                .parent = getpid()};
  AddWords(launch, command);
  const pid_t pid = Fork(launch);
  if (pid < 0) throw SystemFailure("start", command.program, errno);
  Process process(pid);
  reporting.Close();
  if (const int error_number = ReadReport(listening.number()); error_number != 0) {
    throw SystemFailure("start", command.program, error_number);
  }
  return process;
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), wait_status_(other.wait_status_) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(wait_status_, other.wait_status_);
  return *this;
}

Process::~Process() {
  if (pid_ == 0 || HasEnded()) return;
  Signal(SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool Process::HasEnded() {
  if (wait_status_) return true;
  int status = 0;
  const pid_t reaped = waitpid(pid_, &status, WNOHANG);
  // Somebody else reaped it: how it ended is lost, that it did is not.
  if (reaped < 0 && errno == ECHILD) status = 0x7f00;
  if (reaped == 0 || (reaped < 0 && errno != ECHILD)) return false;
  wait_status_ = status;
  return true;
}

bool Process::WaitUntil(SteadyTime deadline) {
  while (!HasEnded()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPollInterval);
  }
  return true;
}

void Process::Signal(int number) {
  if (!HasEnded()) kill(pid_, number);
}

bool Process::Succeeded() const { return wait_status_ == 0; }

std::string Process::HowItEnded() const {
  if (!wait_status_) return "runs";
  if (WIFSIGNALED(*wait_status_))
    return std::format("was killed by signal {}", WTERMSIG(*wait_status_));
  return std::format("exited with status {}", WEXITSTATUS(*wait_status_));
}

void RunToEnd(const Command& command, std::chrono::milliseconds timeout) {
  Process process = Process::Start(command);
  const bool ended = process.WaitUntil(std::chrono::steady_clock::now() + timeout);
  if (ended && process.Succeeded()) return;
  const std::string tail = command.output.empty() ? "" : LastLines(command.output);
  throw Failure(
      ErrorCode::kUnavailable,
      std::format("{} {}{}{}", command.program.native(),
                  ended ? process.HowItEnded() : std::format("took longer than {}", timeout),
                  tail.empty() ? "" : ": ", tail),
      command.output.empty() ? "" : RemedyFor(tail, command.output));
}

}  // namespace nexus::stack
