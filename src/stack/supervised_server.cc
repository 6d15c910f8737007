#include "stack/supervised_server.h"

#include <algorithm>
#include <thread>

#include "base/log.h"
#include "stack/system_failure.h"

namespace nexus::stack {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds kPollInterval{3};
constexpr milliseconds kRetryInterval{100};
constexpr seconds kRetryEarlyDeaths{2};
constexpr seconds kLongestPause{30};
constexpr seconds kStableAfter{60};  // a death after that is the first of a new row
constexpr uintmax_t kMaxLogBytes = 10u << 20;

// One older log is kept. Only before a start: the server writes to the file it was given.
void TurnLogOver(const std::filesystem::path& log) {
  std::error_code ignored;
  if (std::filesystem::file_size(log, ignored) > kMaxLogBytes && !ignored) {
    std::filesystem::rename(log, log.native() + ".1", ignored);
  }
}

}  // namespace

seconds PauseBeforeRestart(int deaths_in_a_row) {
  if (deaths_in_a_row <= 1) return seconds(0);
  const int doublings = std::min(deaths_in_a_row - 2, 10);
  return std::min(seconds(1 << doublings), kLongestPause);
}

bool SupervisedServer::Begin(milliseconds stop_timeout) {
  const bool found = server_->EndPredecessor(steady_clock::now() + stop_timeout);
  TurnLogOver(server_->log());
  process_ = server_->Launch();
  started_at_ = steady_clock::now();
  wanted_ = true;
  return found;
}

void SupervisedServer::AwaitAnswer(milliseconds timeout) {
  const SteadyTime deadline = started_at_ + timeout;
  while (!server_->Answers(process_->pid())) {
    const SteadyTime now = steady_clock::now();
    if (process_->HasEnded()) {
      if (now >= started_at_ + kRetryEarlyDeaths) GiveUp(process_->HowItEnded());
      std::this_thread::sleep_for(kRetryInterval);
      process_ = server_->Launch();
    } else if (now >= deadline) {
      GiveUp(std::format("did not answer within {}", timeout));
    }
    std::this_thread::sleep_for(kPollInterval);
  }
}

void SupervisedServer::GiveUp(std::string_view what) {
  const std::string tail = LastLines(server_->log());
  Stop(seconds(10));
  throw Failure(ErrorCode::kUnavailable,
                std::format("{} {}{}{}", server_->name(), what, tail.empty() ? "" : ": ", tail),
                RemedyFor(tail, server_->log()));
}

void SupervisedServer::Supervise(SteadyTime now) {
  if (!wanted_) return;
  if (process_ && process_->HasEnded()) NoteDeath(now);
  if (!process_ && now >= next_start_) StartAgain(now);
}

void SupervisedServer::NoteDeath(SteadyTime now) {
  if (now - started_at_ >= kStableAfter) deaths_in_a_row_ = 0;
  const seconds pause = PauseBeforeRestart(++deaths_in_a_row_);
  next_start_ = now + pause;
  LogWarning("a private server ended; it is started again", {{"server", server_->name()},
                                                             {"pid", process_->pid()},
                                                             {"how", process_->HowItEnded()},
                                                             {"pause_s", pause.count()},
                                                             {"log", server_->log().native()}});
  process_.reset();
}

void SupervisedServer::StartAgain(SteadyTime now) {
  try {
    TurnLogOver(server_->log());
    process_ = server_->Launch();
    started_at_ = now;
    LogInfo("a private server was started again",
            {{"server", server_->name()}, {"pid", process_->pid()}});
  } catch (const std::exception& failure) {
    const seconds pause = std::max(seconds(1), PauseBeforeRestart(++deaths_in_a_row_));
    next_start_ = now + pause;
    LogError("a private server cannot be started", {{"server", server_->name()},
                                                    {"error", std::string_view(failure.what())},
                                                    {"pause_s", pause.count()}});
  }
}

void SupervisedServer::Stop(milliseconds timeout) {
  wanted_ = false;
  if (!process_) return;
  server_->Stop(*process_, timeout);
  process_.reset();
}

}  // namespace nexus::stack
