// What goes wrong with a model on another server through no fault of the text.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

namespace nexus::embed {

class RemoteFault : public std::runtime_error {
 public:
  // `grave`: the next call would most likely end the same way. `pause`: what the server asked for.
  explicit RemoteFault(const std::string& reason, bool grave = false,
                       std::chrono::milliseconds pause = {})
      : std::runtime_error(reason), grave_(grave), pause_(pause) {}

  bool grave() const { return grave_; }
  std::chrono::milliseconds pause() const { return pause_; }

 private:
  bool grave_;
  std::chrono::milliseconds pause_;
};

}  // namespace nexus::embed
