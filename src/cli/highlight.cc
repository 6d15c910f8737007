#include "cli/highlight.h"

#include "cli/layout.h"
#include "text/terms.h"

namespace nexus::cli {

Highlighter::Highlighter(std::string_view question) {
  for (text::QuestionTerm& term : text::QuestionTerms(question)) {
    for (std::string& stem : term.alternatives) stems_.insert(std::move(stem));
  }
}

bool Highlighter::Matches(std::string_view word) {
  const auto [entry, fresh] = known_.try_emplace(std::string(word), false);
  if (!fresh) return entry->second;
  for (const text::QuestionTerm& term : text::QuestionTerms(word)) {
    for (const std::string& stem : term.alternatives) entry->second |= stems_.contains(stem);
  }
  return entry->second;
}

std::string Highlighter::Mark(std::string_view text, std::string_view on, std::string_view off) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const bool word = IsWordCharacter(NextCodePoint(text, at));
    for (size_t next = at; next < text.size(); at = next) {
      if (IsWordCharacter(NextCodePoint(text, next)) != word) break;
    }
    const std::string_view part = text.substr(begin, at - begin);
    const bool hit = word && Matches(part);
    if (hit) out += on;
    out += part;
    if (hit) out += off;
  }
  return out;
}

}  // namespace nexus::cli
