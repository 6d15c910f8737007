// The words that texts and questions are found by: stop words out, stems, accents folded.
//
// A word is a run of two or more letters, digits or underscores (Unicode), in lower case. Its
// stem is Snowball's for the language of the text, folded after stemming. All functions are pure
// and thread-safe; text is valid UTF-8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nexus::text {

enum class Language { kEnglish, kSpanish };

// By frequent words, and letters that only Spanish has; English when in doubt.
Language GuessLanguage(std::string_view text);

// In the text's order, with repeats.
std::vector<std::string> DocumentTerms(std::string_view text);

// One word of a question: its stem in the question's language and, if it differs, the stem in the
// other one, so that a question finds memories in both.
struct QuestionTerm {
  std::vector<std::string> alternatives;
  std::string word;  // as it was asked, in lower case
};

// Words that only ask ("when", "cuál") are left out too, unless no word would remain.
std::vector<QuestionTerm> QuestionTerms(std::string_view text);

}  // namespace nexus::text
