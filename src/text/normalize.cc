#include "text/normalize.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/error.h"

namespace nexus::text {
namespace {

// The next code point, or a negative value for bytes that are not UTF-8.
UChar32 Next(std::string_view text, size_t& at) {
  UChar32 point;
  U8_NEXT(text.data(), at, text.size(), point);
  return point;
}

std::string ComposeNfc(const std::string& text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  std::string composed;
  icu::StringByteSink<std::string> sink(&composed);
  if (U_SUCCESS(status)) nfc->normalizeUTF8(0, text, sink, nullptr, status);
  if (U_FAILURE(status)) throw Failure(ErrorCode::kInternal, u_errorName(status));
  return composed;
}

}  // namespace

bool IsBlank(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const UChar32 point = Next(text, at);
    if (point < 0 || !u_isUWhiteSpace(point)) return false;
  }
  return true;
}

std::string QueryKey(std::string_view text) {
  std::string words;
  bool spaced = false;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const UChar32 point = Next(text, at);
    if (point >= 0 && u_isUWhiteSpace(point)) {
      spaced = !words.empty();
      continue;
    }
    if (spaced) words += ' ';
    spaced = false;
    words += text.substr(begin, at - begin);
  }
  return ComposeNfc(words);
}

}  // namespace nexus::text
