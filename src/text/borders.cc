#include "text/borders.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace nexus::text {
namespace {

bool IsSpace(UChar32 point) { return point >= 0 && u_isUWhiteSpace(point); }

bool IsLineBreak(UChar32 point) {
  return (point >= '\n' && point <= '\r') || point == 0x85 || point == 0x2028 || point == 0x2029;
}

// Quotes and brackets that may stand between the end of a sentence and the space.
bool Closes(UChar32 point) {
  if (point == '"' || point == '\'') return true;
  const int8_t category = u_charType(point);
  return category == U_END_PUNCTUATION || category == U_FINAL_PUNCTUATION;
}

// Whether what was read may have been the end of a sentence.
enum class Ending { kNo, kBeforeSpace, kAtOnce };

Ending EndingAfter(UChar32 point, Ending before) {
  switch (point) {
    case '.':
    case '!':
    case '?':
    case U'…':
      return Ending::kBeforeSpace;
    case U'。':
    case U'！':
    case U'？':
      return Ending::kAtOnce;
    default:
      return point >= 0 && Closes(point) ? before : Ending::kNo;
  }
}

}  // namespace

Borders FindBorders(std::string_view text) {
  Borders borders;
  Ending ending = Ending::kNo;
  bool begun = false;     // something besides space was read
  bool in_space = false;  // and space behind it
  bool over = false;      // the sentence
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    UChar32 point;
    U8_NEXT(text.data(), at, text.size(), point);
    if (IsSpace(point)) {
      in_space = true;
      over |= IsLineBreak(point) || ending != Ending::kNo;
      continue;
    }
    const Ending now = EndingAfter(point, in_space ? Ending::kNo : ending);
    over |= ending == Ending::kAtOnce && now == Ending::kNo;
    if (begun && over) borders.sentences.push_back(begin);
    if (begun && (over || in_space)) borders.words.push_back(begin);
    ending = now;
    begun = true;
    in_space = over = false;
  }
  if (!text.empty()) {
    borders.sentences.push_back(text.size());
    borders.words.push_back(text.size());
  }
  return borders;
}

size_t LastBorderUpTo(std::span<const size_t> borders, size_t position) {
  const auto behind = std::ranges::upper_bound(borders, position);
  return behind == borders.begin() ? 0 : *std::prev(behind);
}

size_t FirstBorderAfter(std::span<const size_t> borders, size_t position) {
  return *std::ranges::upper_bound(borders, position);
}

size_t CodePointBorderUpTo(std::string_view text, size_t position) {
  if (position == text.size()) return position;
  while (position > 0 && U8_IS_TRAIL(text[position])) --position;
  return position;
}

size_t CodePointEnd(std::string_view text, size_t position) {
  U8_FWD_1(text.data(), position, text.size());
  return position;
}

}  // namespace nexus::text
