// How far something long has come: a bar that redraws itself on a terminal, a line for every ten
// percent elsewhere. On stderr.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/terminal.h"

namespace nexus::cli {

// "embedding  ████████░░░░░░░░  50 %  185/371", a cell less than the screen is wide. Pure.
std::string ProgressLine(std::string_view label, int64_t done, int64_t total, const Screen& screen);

class Progress {
 public:
  Progress(std::string label, int64_t total, Screen screen);
  ~Progress();  // leaves the cursor on a fresh line
  Progress(const Progress&) = delete;

  void Show(int64_t done);
  // A line of its own, above the bar.
  void Say(std::string_view line);
  // Nothing is drawn any more; the cursor is on a fresh line.
  void End();

 private:
  std::string label_;
  int64_t total_;
  Screen screen_;
  int64_t shown_ = -1;  // what the bar or the last line says
  bool drawn_ = false;
};

}  // namespace nexus::cli
