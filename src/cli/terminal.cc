#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "cli/layout.h"

namespace nexus::cli {
namespace {

constexpr size_t kNarrowest = 40;
constexpr size_t kWidest = 110;  // longer lines are hard to read

std::string Painted(const Screen& screen, const char* code, std::string_view text) {
  if (!screen.colour || text.empty()) return std::string(text);
  return std::format("\033[{}m{}\033[0m", code, text);
}

// As the locale's variables say, the first that is set.
bool SpeaksUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view locale(value);
    return locale.contains("UTF-8") || locale.contains("utf8") || locale.contains("UTF8") ||
           locale.contains("utf-8");
  }
  return false;
}

Screen Measure(int descriptor) {
  Screen screen;
  screen.terminal = isatty(descriptor) != 0;
  screen.utf8 = !screen.terminal || SpeaksUtf8();
  const char* kind = std::getenv("TERM");
  const char* plain = std::getenv("NO_COLOR");
  screen.colour = screen.terminal && (plain == nullptr || *plain == '\0') && kind != nullptr &&
                  std::string_view(kind) != "dumb";
  winsize size{};
  if (screen.terminal && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    screen.width = std::clamp<size_t>(size.ws_col, kNarrowest, kWidest);
  }
  return screen;
}

}  // namespace

std::string Screen::Bold(std::string_view text) const { return Painted(*this, "1", text); }
std::string Screen::Dim(std::string_view text) const { return Painted(*this, "2", text); }
std::string Screen::Red(std::string_view text) const { return Painted(*this, "31", text); }
std::string Screen::Green(std::string_view text) const { return Painted(*this, "32", text); }

std::string Screen::Mark(bool good) const {
  if (!terminal || !utf8) return good ? "ok" : "no";
  return good ? Green("✓") : Red("✗");
}

std::string Screen::Bar(double share, size_t cells) const {
  const auto full =
      static_cast<size_t>(std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(cells)));
  std::string bar;
  for (size_t i = 0; i < cells; ++i) bar += utf8 ? i < full ? "█" : "░" : i < full ? "#" : "-";
  return bar;
}

std::string Screen::Dot() const { return utf8 ? "·" : "-"; }

Screen StandardOutput() { return Measure(STDOUT_FILENO); }
Screen StandardError() { return Measure(STDERR_FILENO); }

bool PrintsJson(bool asked_for) { return asked_for || !StandardOutput().terminal; }

void PrintError(const Error& error) {
  const Screen screen = StandardError();
  std::fprintf(stderr, "%s\n", screen.Red("nexus: " + Harmless(error.message)).c_str());
  if (!error.remedy.empty()) std::fprintf(stderr, "  %s\n", Harmless(error.remedy).c_str());
}

void PrintNote(std::string_view note) {
  std::fflush(stdout);
  std::fprintf(stderr, "%.*s\n", static_cast<int>(note.size()), note.data());
}

void Print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

bool CanAsk() { return isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0; }

std::string AskPerson(std::string_view question) {
  std::fflush(stdout);
  std::fprintf(stderr, "%.*s ", static_cast<int>(question.size()), question.data());
  std::string line;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
    line.push_back(static_cast<char>(c));
  }
  return line;
}

}  // namespace nexus::cli
