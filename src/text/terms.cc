#include "text/terms.h"

#include <libstemmer.h>
#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/error.h"
#include "text/word_lists.h"

namespace nexus::text {
namespace {

constexpr std::u32string_view kSpanishLetters = U"ñ¿¡áéíóú";

Language OtherThan(Language language) {
  return language == Language::kEnglish ? Language::kSpanish : Language::kEnglish;
}

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void CheckIcu(UErrorCode status) {
  if (U_FAILURE(status)) throw Failure(ErrorCode::kInternal, u_errorName(status));
}

std::string LowerCase(std::string_view text) {
  std::string lower;
  lower.reserve(text.size());
  if (IsAscii(text)) {
    for (char c : text) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower;
  }
  UErrorCode status = U_ZERO_ERROR;
  icu::StringByteSink<std::string> sink(&lower);
  icu::CaseMap::utf8ToLower("", 0, text, sink, nullptr, status);
  CheckIcu(status);
  return lower;
}

bool IsWordCharacter(UChar32 point) {
  if (point < 0) return false;  // bytes that are not UTF-8
  return u_isalpha(point) || point == '_' ||
         u_getIntPropertyValue(point, UCHAR_NUMERIC_TYPE) != U_NT_NONE;
}

// A text in lower case, cut into runs of word characters.
class Words {
 public:
  explicit Words(std::string_view text) : lower_(LowerCase(text)) {
    for (size_t at = 0; at < lower_.size();) CutNext(at);
  }

  Language GuessLanguage() const {
    auto hints = [this](Language language) {
      return std::ranges::count_if(
          runs_, [&](const Run& run) { return HintWords(language).contains(TextOf(run)); });
    };
    const auto spanish = hints(Language::kSpanish) + spanish_letters_;
    return spanish > hints(Language::kEnglish) ? Language::kSpanish : Language::kEnglish;
  }

  // Those of two or more characters that are not stop words. Views into this object.
  std::vector<std::string_view> Telling(Language language) const {
    std::vector<std::string_view> words;
    for (const Run& run : runs_) {
      if (run.characters < 2 || StopWords(language).contains(TextOf(run))) continue;
      words.push_back(TextOf(run));
    }
    return words;
  }

 private:
  struct Run {
    size_t begin;
    size_t end;
    size_t characters;
  };

  std::string_view TextOf(const Run& run) const {
    return std::string_view(lower_).substr(run.begin, run.end - run.begin);
  }

  // Passes one run, if one begins here, and the character behind it.
  void CutNext(size_t& at) {
    Run run{at, at, 0};
    while (at < lower_.size()) {
      UChar32 point;
      U8_NEXT(lower_.data(), at, lower_.size(), point);
      if (kSpanishLetters.contains(static_cast<char32_t>(point))) ++spanish_letters_;
      if (!IsWordCharacter(point)) break;
      run.end = at;
      ++run.characters;
    }
    if (run.characters > 0) runs_.push_back(run);
  }

  std::string lower_;
  std::vector<Run> runs_;
  std::ptrdiff_t spanish_letters_ = 0;
};

// Decomposes and drops what combines: "canción" -> "cancion".
std::string FoldAccents(std::string_view word) {
  if (IsAscii(word)) return std::string(word);
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(status);
  std::string decomposed;
  icu::StringByteSink<std::string> sink(&decomposed);
  if (U_SUCCESS(status)) nfd->normalizeUTF8(0, word, sink, nullptr, status);
  CheckIcu(status);
  std::string folded;
  for (size_t at = 0; at < decomposed.size();) {
    const size_t begin = at;
    UChar32 point;
    U8_NEXT(decomposed.data(), at, decomposed.size(), point);
    if (point < 0 || u_getCombiningClass(point) == 0) {
      folded.append(decomposed, begin, at - begin);
    }
  }
  return folded;
}

class Stemmer {
 public:
  explicit Stemmer(const char* algorithm)
      : stemmer_(sb_stemmer_new(algorithm, "UTF_8"), sb_stemmer_delete) {
    if (!stemmer_) {
      throw Failure(ErrorCode::kInternal, std::format("libstemmer has no {} stemmer", algorithm),
                    "Install a complete libstemmer.");
    }
  }

  std::string Stem(std::string_view word) {
    const auto* bytes = reinterpret_cast<const sb_symbol*>(word.data());
    const auto* stem = sb_stemmer_stem(stemmer_.get(), bytes, static_cast<int>(word.size()));
    if (stem == nullptr) throw std::bad_alloc();
    return FoldAccents({reinterpret_cast<const char*>(stem),
                        static_cast<size_t>(sb_stemmer_length(stemmer_.get()))});
  }

 private:
  std::unique_ptr<sb_stemmer, decltype(&sb_stemmer_delete)> stemmer_;
};

// One per thread, because a stemmer keeps its last word.
Stemmer& StemmerFor(Language language) {
  thread_local Stemmer english("english");
  thread_local Stemmer spanish("spanish");
  return language == Language::kEnglish ? english : spanish;
}

}  // namespace

Language GuessLanguage(std::string_view text) { return Words(text).GuessLanguage(); }

std::vector<std::string> DocumentTerms(std::string_view text) {
  const Words words(text);
  const Language language = words.GuessLanguage();
  Stemmer& stemmer = StemmerFor(language);
  std::vector<std::string> terms;
  for (std::string_view word : words.Telling(language)) terms.push_back(stemmer.Stem(word));
  return terms;
}

std::vector<QuestionTerm> QuestionTerms(std::string_view text) {
  const Words words(text);
  const Language language = words.GuessLanguage();
  const auto telling = words.Telling(language);
  const WordList& asking = AskingWords(language);
  auto asks = [&](std::string_view word) { return asking.contains(word); };
  const bool only_asks = std::ranges::all_of(telling, asks);
  std::vector<QuestionTerm> terms;
  for (std::string_view word : telling) {
    if (asks(word) && !only_asks) continue;
    QuestionTerm term{{StemmerFor(language).Stem(word)}, std::string(word)};
    std::string other = StemmerFor(OtherThan(language)).Stem(word);
    if (other != term.alternatives.front()) term.alternatives.push_back(std::move(other));
    terms.push_back(std::move(term));
  }
  return terms;
}

}  // namespace nexus::text
