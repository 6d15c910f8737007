#include "embed/circuit_breaker.h"

#include <algorithm>

namespace nexus::embed {

std::optional<CircuitBreaker::Call> CircuitBreaker::Enter(Time now) {
  std::lock_guard lock(guards_all_);
  if (Refuses(now)) return std::nullopt;
  probing_ = open_;
  return open_ ? Call::kProbe : Call::kOrdinary;
}

// Also an ordinary call that began before the opening shows that the server works.
void CircuitBreaker::Succeeded(Call) {
  std::lock_guard lock(guards_all_);
  failures_ = 0;
  open_ = probing_ = false;
  pause_ = {};
  reason_.clear();
}

void CircuitBreaker::Failed(Call call, Time now, Cause cause) {
  std::lock_guard lock(guards_all_);
  ++failures_;
  // One that began before the opening tells nothing new.
  if (open_ && call != Call::kProbe) return;
  if (!open_ && !cause.grave && failures_ < kFailuresToOpen) return;
  open_ = true;
  probing_ = false;
  pause_ = std::clamp(2 * pause_, kFirstPause, kLongestPause);
  open_until_ = now + std::max(pause_, cause.pause);
  reason_ = std::move(cause.reason);
}

Availability CircuitBreaker::At(Time now) const {
  std::lock_guard lock(guards_all_);
  return {.refuses = Refuses(now), .trouble = reason_};
}

}  // namespace nexus::embed
