// Which words of a memory answer the words of a question. Pure.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace nexus::cli {

// Compares by stem, in Spanish and English, as the search by word does.
class Highlighter {
 public:
  // `question` is valid UTF-8.
  explicit Highlighter(std::string_view question);

  // `text` with `on` before and `off` behind each word that the question has too.
  std::string Mark(std::string_view text, std::string_view on, std::string_view off);

 private:
  bool Matches(std::string_view word);

  std::unordered_set<std::string> stems_;
  std::unordered_map<std::string, bool> known_;  // words seen so far
};

}  // namespace nexus::cli
