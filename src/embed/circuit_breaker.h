// Leaves a server alone that does not work, and finds out now and then whether it works again.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "embed/embedder.h"

namespace nexus::embed {

// Closed: every call is let through. It opens after kFailuresToOpen failures in a row, or at once
// if a failure is grave. Open: calls are refused without trying, for kFirstPause, doubled with each
// failed probe up to kLongestPause, or for as long as the server asked. Then half open: one call at
// a time is let through as a probe; its success closes, its failure opens anew (Nygard, "Release
// It!"). Thread-safe; the time is passed in.
class CircuitBreaker {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr int kFailuresToOpen = 3;
  static constexpr std::chrono::milliseconds kFirstPause{500};
  static constexpr std::chrono::milliseconds kLongestPause{10'000};

  enum class Call { kOrdinary, kProbe };
  struct Cause {
    std::string reason;
    bool grave = false;                  // open at once
    std::chrono::milliseconds pause{0};  // at least so long
  };

  // nullopt: refused. Else exactly one of the two below follows, with the same call.
  std::optional<Call> Enter(Time now);
  void Succeeded(Call call);
  void Failed(Call call, Time now, Cause cause);

  // `trouble` from the opening to the next success.
  Availability At(Time now) const;

 private:
  bool Refuses(Time now) const { return open_ && (probing_ || now < open_until_); }

  mutable std::mutex guards_all_;
  int failures_ = 0;  // in a row
  bool open_ = false;
  bool probing_ = false;
  Time open_until_;
  std::chrono::milliseconds pause_{0};
  std::string reason_;
};

}  // namespace nexus::embed
