// Frequent words of English and Spanish, in lower case, with their accents.
#pragma once

#include <string_view>
#include <unordered_set>

#include "text/terms.h"

namespace nexus::text {

using WordList = std::unordered_set<std::string_view>;

// Too frequent to find anything by, as in the lists of common search engines (Lucene's default
// list for English, Snowball's list for Spanish).
const WordList& StopWords(Language language);

// Words that shape a question and rarely occur in its answer.
const WordList& AskingWords(Language language);

// Words that tell the language of a text.
const WordList& HintWords(Language language);

}  // namespace nexus::text
