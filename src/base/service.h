// Background work of the loop thread, with an owner that stops it.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <string>

#include "base/task.h"

namespace nexus {

// Runs RunOnce() again and again until stopped: at once while it says that there is more, else
// after `pause` or Wake(). What RunOnce throws is logged, and the next run comes after
// kFirstBackoff, doubled each time, up to kMaxBackoff, however long `pause` is. Loop thread only.
// Stop() must have finished before destruction.
class Service {
 public:
  static constexpr std::chrono::milliseconds kFirstBackoff{100};
  static constexpr std::chrono::milliseconds kMaxBackoff{5'000};

  Service(asio::any_io_executor executor, std::string name, std::chrono::milliseconds pause);
  virtual ~Service();
  Service(const Service&) = delete;

  void Start();
  // No run begins any more.
  void BeginToStop();
  // Lets the current run finish, then ends. May be called when it never started.
  Task<> Stop();
  // There is something to do: do not wait for the end of the pause. Cheap.
  void Wake();

  const std::string& name() const { return name_; }
  bool stopping() const { return stopping_; }
  // Why the last run failed; empty if it did not.
  const std::string& last_error() const { return last_error_; }

 protected:
  // True: there is more to do.
  virtual Task<bool> RunOnce() = 0;
  asio::any_io_executor executor() const { return executor_; }

 private:
  Task<> Loop();
  Task<bool> RunGuarded();

  asio::any_io_executor executor_;
  std::string name_;
  std::chrono::milliseconds pause_;
  std::chrono::milliseconds backoff_{0};
  asio::steady_timer timer_;     // the pause
  asio::steady_timer finished_;  // expires when Loop has ended
  std::string last_error_;
  bool running_ = false;
  bool stopping_ = false;
  bool woken_ = false;
};

}  // namespace nexus
