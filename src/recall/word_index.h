// Which passages hold which words, and how well a passage answers a question's words.
//
// Postings hold a passage's own terms. What a passage borrows from those before it in its session
// is added when a question is asked, so a passage that arrives between two others changes links
// and lengths, and no posting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "recall/image.h"
#include "recall/passage_chain.h"
#include "text/terms.h"

namespace nexus::recall {

// Not thread-safe; const functions may run at the same time.
class WordIndex {
 public:
  using Frequencies = std::vector<std::pair<std::string, float>>;

  // Each term once. PassageChain::Insert says where it goes.
  uint32_t Insert(const PassageChain::Passage& passage, const Frequencies& frequencies,
                  uint32_t previous, uint32_t next);
  void Remove(uint32_t slot);

  // The terms of passages that come in this order. Read throws what the reader throws.
  void Write(ImageWriter& writer, const std::vector<uint32_t>& slots) const;
  static WordIndex Read(ImageReader& reader, PassageChain passages);

  // T of every slot, in [0, 1); 0 where no word matches.
  std::vector<float> Score(const std::vector<text::QuestionTerm>& question) const;

  // Which words of the question, by place, the passage holds or borrows.
  std::vector<size_t> Matched(uint32_t slot, const std::vector<text::QuestionTerm>& question) const;

  // The passage's own terms, each once.
  const std::vector<uint32_t>& TermsOf(uint32_t slot) const { return terms_of_[slot]; }
  // nullopt: no passage has held it.
  std::optional<uint32_t> FindTerm(std::string_view term) const;

  const PassageChain& passages() const { return passages_; }
  size_t resident_bytes() const;

 private:
  struct Posting {
    uint32_t slot;
    float frequency;
  };
  struct Term {
    std::vector<Posting> postings;  // also of removed passages, until Sweep()
    uint32_t passages = 0;          // living ones only
  };
  struct Weighed {
    std::vector<std::pair<uint32_t, double>> terms;  // each once; its idf times its occurrences
    double ceiling = 0;
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  uint32_t Intern(const std::string& term);
  void ReadTerm(ImageReader& reader);
  double Idf(size_t passages) const;
  Weighed Weigh(const std::vector<text::QuestionTerm>& question) const;
  void Gather(const Term& term, std::vector<float>& frequencies,
              std::vector<uint32_t>& touched) const;
  void Sweep();

  PassageChain passages_;
  std::vector<std::vector<uint32_t>> terms_of_;  // by slot
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> ids_;
  std::vector<Term> terms_;
  std::vector<uint32_t> free_terms_;
  size_t postings_ = 0;  // in all lists
  size_t spelling_bytes_ = 0;
};

}  // namespace nexus::recall
