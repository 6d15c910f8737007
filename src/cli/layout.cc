#include "cli/layout.h"

#include <wchar.h>
#include <wctype.h>

#include <cassert>
#include <clocale>

#include "base/json.h"

namespace nexus::cli {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::string_view kEllipsis = "…";
constexpr size_t kNarrowestColumn = 8;

// The C library's tables of characters, whatever the user's locale is.
class Unicode {
 public:
  Unicode() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}

  int Width(char32_t character) const {
    const locale_t before = locale_ == nullptr ? nullptr : uselocale(locale_);
    const int width = wcwidth(static_cast<wchar_t>(character));
    if (before != nullptr) uselocale(before);
    return width;
  }
  bool IsAlphanumeric(char32_t character) const {
    if (locale_ == nullptr) return character >= 0x80 || std::isalnum(static_cast<int>(character));
    return iswalnum_l(static_cast<wint_t>(character), locale_) != 0;
  }

 private:
  locale_t locale_;  // for the whole life of the process
};

const Unicode& Tables() {
  static const Unicode tables;
  return tables;
}

size_t Width(char32_t character) {
  if (character < 0x7F) return character >= 0x20 ? 1 : 0;
  const int width = Tables().Width(character);
  return width < 0 ? 1 : static_cast<size_t>(width);
}

bool IsSpace(char32_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// One word of the text, fit for a terminal, and its width.
struct Word {
  std::string text;
  size_t width = 0;
};

void Append(Word& word, std::string_view bytes, char32_t character) {
  if (IsControl(character) || character == kReplacement) {
    word.text += "\uFFFD";
    word.width += 1;
  } else {
    word.text += bytes;
    word.width += Width(character);
  }
}

// Fills lines of `width` cells with words.
class Filler {
 public:
  explicit Filler(size_t width) : width_(std::max<size_t>(width, 2)) {}

  void Add(const Word& word) {
    if (word.width == 0) return;
    if (used_ > 0 && used_ + 1 + word.width > width_) Break();
    if (used_ > 0) Put(" ", 1);
    if (word.width <= width_ - used_) return Put(word.text, word.width);
    for (size_t at = 0; at < word.text.size();) {
      const size_t begin = at;
      const size_t cells = Width(NextCodePoint(word.text, at));
      if (used_ + cells > width_) Break();
      Put(std::string_view(word.text).substr(begin, at - begin), cells);
    }
  }
  void Break() {
    lines_.emplace_back();
    used_ = 0;
  }
  std::vector<std::string> Take() { return std::move(lines_); }

 private:
  void Put(std::string_view text, size_t cells) {
    lines_.back() += text;
    used_ += cells;
  }

  size_t width_;
  size_t used_ = 0;
  std::vector<std::string> lines_ = {""};
};

}  // namespace

char32_t NextCodePoint(std::string_view text, size_t& position) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(position);
  const size_t size = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  const std::string_view bytes = text.substr(position, size);
  if (bytes.size() < size || FindInvalidUtf8(bytes) != bytes.npos) {
    ++position;
    return kReplacement;
  }
  char32_t character = size == 1 ? first : first & (0x7F >> size);
  for (size_t i = 1; i < size; ++i) character = character << 6 | (byte(position + i) & 0x3F);
  position += size;
  return character;
}

bool IsControl(char32_t character) {
  return character < 0x20 || (character >= 0x7F && character < 0xA0) || character == 0x2028 ||
         character == 0x2029 || (character >= 0x202A && character <= 0x202E) ||
         (character >= 0x2066 && character <= 0x2069);
}

std::string Harmless(std::string_view text) {
  Word harmless;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t character = NextCodePoint(text, at);
    if (character == '\n' || character == '\t') {
      harmless.text += static_cast<char>(character);
    } else {
      Append(harmless, text.substr(begin, at - begin), character);
    }
  }
  return harmless.text;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size();) width += Width(NextCodePoint(text, at));
  return width;
}

bool IsWordCharacter(char32_t character) {
  if (character == '_') return true;
  return character != kReplacement && Tables().IsAlphanumeric(character);
}

std::vector<std::string> Wrap(std::string_view text, size_t width) {
  while (!text.empty() && IsSpace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  Filler filler(width);
  Word word;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t character = NextCodePoint(text, at);
    if (!IsSpace(character)) {
      Append(word, text.substr(begin, at - begin), character);
      continue;
    }
    filler.Add(word);
    word = {};
    if (character == '\n') filler.Break();
  }
  filler.Add(word);
  return filler.Take();
}

std::string Cut(std::string_view text, size_t width) {
  Word line;
  bool space = false;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t character = NextCodePoint(text, at);
    if (IsSpace(character)) {
      space = line.width > 0;
      continue;
    }
    if (space) Append(line, " ", ' ');
    space = false;
    Append(line, text.substr(begin, at - begin), character);
    if (line.width > width) break;
  }
  if (line.width <= width) return line.text;
  std::string shorter;
  size_t used = 0;
  for (size_t at = 0; at < line.text.size();) {
    const size_t begin = at;
    used += Width(NextCodePoint(line.text, at));
    if (used + 1 > width) break;
    shorter += line.text.substr(begin, at - begin);
  }
  while (shorter.ends_with(' ')) shorter.pop_back();
  return width == 0 ? "" : shorter.append(kEllipsis);
}

void Table::Add(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

std::vector<size_t> Table::Widths(size_t screen_width) const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t most = DisplayWidth(columns_[i].title);
    for (const auto& row : rows_) most = std::max(most, DisplayWidth(row[i]));
    widths.push_back(most);
  }
  size_t before_last = 0;
  for (size_t i = 0; i + 1 < widths.size(); ++i) before_last += widths[i] + 2;
  const size_t left = screen_width > before_last ? screen_width - before_last : 0;
  widths.back() = std::min(widths.back(), std::max(left, kNarrowestColumn));
  return widths;
}

std::string Table::Render(const Screen& screen) const {
  const std::vector<size_t> widths = Widths(screen.width);
  const auto line = [&](const auto& cell_of) {
    std::string text;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const std::string cell = Cut(cell_of(i), widths[i]);
      const std::string padding(widths[i] - std::min(widths[i], DisplayWidth(cell)), ' ');
      text += columns_[i].number ? padding + cell : cell + padding;
      if (i + 1 < columns_.size()) text += "  ";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  };
  std::string out = screen.Dim(line([&](size_t i) { return columns_[i].title; })) + '\n';
  for (const auto& row : rows_) out += line([&](size_t i) { return row[i]; }) + '\n';
  return out;
}

std::string ShortTime(std::string_view timestamp) {
  std::string text = Cut(timestamp.substr(0, 16), 16);
  if (text.size() == 16 && text[10] == 'T') text[10] = ' ';
  return text;
}

}  // namespace nexus::cli
