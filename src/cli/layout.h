// Text on a grid of cells: widths, lines, tables. Pure.
//
// Text may be anybody's: control characters never reach the terminal, bytes that are not UTF-8
// come out as U+FFFD.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.h"

namespace nexus::cli {

// In cells: 2 for wide characters, 0 for combining ones.
size_t DisplayWidth(std::string_view text);

// What steers a terminal or turns the direction of text.
bool IsControl(char32_t character);

// The text as it is, but for control characters: U+FFFD. Line breaks and tabs stay.
std::string Harmless(std::string_view text);

// Letters, digits and underscores of any script.
bool IsWordCharacter(char32_t character);

// Decodes the code point at `position` and moves behind it; U+FFFD for what is not UTF-8.
char32_t NextCodePoint(std::string_view text, size_t& position);

// Lines that fit, broken at spaces, else inside words. The text's own line breaks stay; a blank
// line stays one. At least one line.
std::vector<std::string> Wrap(std::string_view text, size_t width);

// One line that fits, white space run together; "…" at the end if something was left out.
std::string Cut(std::string_view text, size_t width);

// "2026-03-04 18:40" of "2026-03-04T18:40:12.5Z", both UTC.
std::string ShortTime(std::string_view timestamp);

// Columns as wide as they need to be, two spaces between; the last one is cut to what is left of
// the width. Numbers are columns aligned to the right.
class Table {
 public:
  struct Column {
    std::string title;
    bool number = false;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as columns.
  void Add(std::vector<std::string> cells);
  size_t rows() const { return rows_.size(); }
  // The titles, dim, then the rows. No line ends with a space.
  std::string Render(const Screen& screen) const;

 private:
  std::vector<size_t> Widths(size_t screen_width) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace nexus::cli
