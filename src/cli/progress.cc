#include "cli/progress.h"

#include <cstdio>

#include "cli/layout.h"

namespace nexus::cli {
namespace {

int64_t Percent(int64_t done, int64_t total) {
  return total <= 0 ? 100 : std::clamp<int64_t>(done * 100 / total, 0, 100);
}

}  // namespace

std::string ProgressLine(std::string_view label, int64_t done, int64_t total,
                         const Screen& screen) {
  const size_t width = screen.width - 1;
  const int64_t percent = Percent(done, total);
  const std::string numbers = std::format("{:>3} %  {}/{}", percent, done, total);
  const size_t taken = DisplayWidth(label) + numbers.size() + 4;
  if (taken + 4 > width) return std::format("{}  {}", label, numbers);
  const size_t cells = std::min<size_t>(width - taken, 40);
  const std::string bar = screen.Bar(static_cast<double>(percent) / 100, cells);
  return std::format("{}  {}  {}", label, bar, numbers);
}

Progress::Progress(std::string label, int64_t total, Screen screen)
    : label_(std::move(label)), total_(total), screen_(screen) {}

Progress::~Progress() { End(); }

void Progress::End() {
  if (std::exchange(drawn_, false)) std::fputc('\n', stderr);
}

void Progress::Say(std::string_view line) {
  const bool drawn = std::exchange(drawn_, false);
  std::fprintf(stderr, "%s%.*s\n", drawn ? "\r\033[K" : "", static_cast<int>(line.size()),
               line.data());
  if (drawn) Show(std::exchange(shown_, -1));
}

void Progress::Show(int64_t done) {
  if (screen_.terminal) {
    if (done == shown_) return;
    shown_ = done;
    drawn_ = true;
    std::fprintf(stderr, "\r%s\033[K", ProgressLine(label_, done, total_, screen_).c_str());
    return;
  }
  const int64_t tenth = Percent(done, total_) / 10;
  if (tenth <= shown_) return;
  shown_ = tenth;
  std::fprintf(stderr, "%s %3d %%\n", label_.c_str(), static_cast<int>(tenth * 10));
}

}  // namespace nexus::cli
