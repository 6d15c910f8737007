// What people see: colour, tables, questions, errors.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace nexus::cli {

// Where output goes and what it can show there.
struct Screen {
  bool terminal = false;  // tables for people; elsewhere JSON for programs
  bool colour = false;    // terminal, and NO_COLOR is not set
  bool utf8 = true;       // else bars and marks are ASCII; texts stay what they are
  size_t width = 80;      // in cells

  std::string Bold(std::string_view text) const;
  std::string Dim(std::string_view text) const;
  std::string Red(std::string_view text) const;
  std::string Green(std::string_view text) const;
  // Green ✓ or red ✗; "ok" and "no" where that cannot be shown.
  std::string Mark(bool good) const;
  // "████░░░░", or "####----": `share` of it is full.
  std::string Bar(double share, size_t cells) const;
  // Between remarks on one line.
  std::string Dot() const;
};

// Of the process's streams.
Screen StandardOutput();
Screen StandardError();

// Is stdout for a program? Then one JSON document goes there.
bool PrintsJson(bool asked_for);

// "nexus: what happened" and, on a line of its own, what to do next. On stderr.
void PrintError(const Error& error);

// A remark beside the answer: on stderr.
void PrintNote(std::string_view note);

void Print(std::string_view text);  // on stdout

// Is there a person to ask?
bool CanAsk();
// Prints the question on stderr and reads a line. Empty at the end of input.
std::string AskPerson(std::string_view question);

}  // namespace nexus::cli
