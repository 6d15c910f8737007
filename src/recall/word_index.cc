#include "recall/word_index.h"

#include <algorithm>
#include <cmath>

namespace nexus::recall {
namespace {

constexpr double kSaturation = 0.9;   // BM25's k1
constexpr double kLengthShare = 0.4;  // BM25's b
constexpr size_t kLeastToSweep = 1024;
constexpr size_t kSweepFraction = 4;  // of the living passages
constexpr size_t kBytesPerTerm = 96;  // node of the map, ends of the list

}  // namespace

uint32_t WordIndex::Insert(const PassageChain::Passage& passage, const Frequencies& frequencies,
                           uint32_t previous, uint32_t next) {
  uint32_t slot = passages_.Insert(passage, previous, next);
  if (slot == terms_of_.size()) terms_of_.emplace_back();
  terms_of_[slot].reserve(frequencies.size());
  for (const auto& [spelling, frequency] : frequencies) {
    uint32_t id = Intern(spelling);
    terms_[id].postings.push_back({slot, frequency});
    ++terms_[id].passages;
    terms_of_[slot].push_back(id);
  }
  postings_ += frequencies.size();
  return slot;
}

void WordIndex::Remove(uint32_t slot) {
  for (uint32_t id : terms_of_[slot]) --terms_[id].passages;
  terms_of_[slot] = {};
  passages_.Remove(slot);
  if (passages_.removed() >= std::max(kLeastToSweep, passages_.living() / kSweepFraction)) Sweep();
}

std::vector<float> WordIndex::Score(const std::vector<text::QuestionTerm>& question) const {
  std::vector<float> scores(passages_.slots());
  Weighed weighed = Weigh(question);
  if (weighed.terms.empty()) return scores;
  std::vector<float> frequencies(passages_.slots());
  std::vector<uint32_t> touched;
  const double by_length = kLengthShare / passages_.average_wide_length();
  for (auto [id, weight] : weighed.terms) {
    Gather(terms_[id], frequencies, touched);
    const double share = weight / weighed.ceiling;
    for (uint32_t slot : touched) {
      double frequency = frequencies[slot];
      double length = 1 - kLengthShare + by_length * passages_.wide_length(slot);
      scores[slot] += static_cast<float>(share * frequency / (frequency + kSaturation * length));
      frequencies[slot] = 0;
    }
    touched.clear();
  }
  return scores;
}

std::vector<size_t> WordIndex::Matched(uint32_t slot,
                                       const std::vector<text::QuestionTerm>& question) const {
  std::vector<uint32_t> held;
  for (int step = 0; step < 3 && slot != kNone; ++step, slot = passages_.previous(slot)) {
    held.insert(held.end(), terms_of_[slot].begin(), terms_of_[slot].end());
  }
  std::vector<size_t> matched;
  for (size_t place = 0; place < question.size(); ++place) {
    const bool is_held = std::ranges::any_of(question[place].alternatives, [&](const auto& word) {
      const auto id = ids_.find(word);
      return id != ids_.end() && std::ranges::contains(held, id->second);
    });
    if (is_held) matched.push_back(place);
  }
  return matched;
}

// The ceiling counts each word of the question once, by the rarest of its alternatives, also the
// words that no passage holds: T says how much of the question a passage answers.
WordIndex::Weighed WordIndex::Weigh(const std::vector<text::QuestionTerm>& question) const {
  Weighed weighed;
  for (const text::QuestionTerm& word : question) {
    double best = 0;
    for (const std::string& alternative : word.alternatives) {
      auto found = ids_.find(alternative);
      if (found == ids_.end() || terms_[found->second].passages == 0) continue;
      double idf = Idf(terms_[found->second].passages);
      best = std::max(best, idf);
      auto same =
          std::ranges::find(weighed.terms, found->second, &std::pair<uint32_t, double>::first);
      if (same == weighed.terms.end()) {
        weighed.terms.emplace_back(found->second, idf);
      } else {
        same->second += idf;
      }
    }
    weighed.ceiling += best > 0 ? best : Idf(0);
  }
  return weighed;
}

// The frequencies of one term, borrowed ones included.
void WordIndex::Gather(const Term& term, std::vector<float>& frequencies,
                       std::vector<uint32_t>& touched) const {
  auto add = [&](uint32_t slot, float frequency) {
    if (frequencies[slot] == 0) touched.push_back(slot);
    frequencies[slot] += frequency;
  };
  for (const Posting& posting : term.postings) {
    if (!passages_.IsLiving(posting.slot)) continue;
    add(posting.slot, posting.frequency);
    uint32_t next = passages_.next(posting.slot);
    if (next == kNone) continue;
    add(next, kPreviousShare * posting.frequency);
    next = passages_.next(next);
    if (next != kNone) add(next, kSecondPreviousShare * posting.frequency);
  }
}

std::optional<uint32_t> WordIndex::FindTerm(std::string_view term) const {
  const auto found = ids_.find(term);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

uint32_t WordIndex::Intern(const std::string& term) {
  auto [entry, is_new] = ids_.try_emplace(term, 0);
  if (!is_new) return entry->second;
  spelling_bytes_ += term.size();
  if (free_terms_.empty()) {
    entry->second = static_cast<uint32_t>(terms_.size());
    terms_.emplace_back();
  } else {
    entry->second = free_terms_.back();
    free_terms_.pop_back();
  }
  return entry->second;
}

double WordIndex::Idf(size_t passages) const {
  double all = static_cast<double>(passages_.living());
  double with = static_cast<double>(passages);
  return std::log1p((all - with + 0.5) / (with + 0.5));
}

void WordIndex::Sweep() {
  postings_ = 0;
  for (auto entry = ids_.begin(); entry != ids_.end();) {
    Term& term = terms_[entry->second];
    std::erase_if(term.postings, [&](const Posting& p) { return !passages_.IsLiving(p.slot); });
    postings_ += term.postings.size();
    if (!term.postings.empty()) {
      ++entry;
      continue;
    }
    term = {};
    spelling_bytes_ -= entry->first.size();
    free_terms_.push_back(entry->second);
    entry = ids_.erase(entry);
  }
  passages_.Recycle();
}

size_t WordIndex::resident_bytes() const {
  constexpr size_t kBytesPerPosting = sizeof(Posting) * 3 / 2 + sizeof(uint32_t);
  constexpr size_t kBytesPerSlot = sizeof(PassageChain::Passage) + 2 * sizeof(uint32_t) +
                                   sizeof(float) + sizeof(std::vector<uint32_t>);
  return postings_ * kBytesPerPosting + passages_.slots() * kBytesPerSlot +
         ids_.size() * (kBytesPerTerm + sizeof(Term)) + spelling_bytes_;
}

}  // namespace nexus::recall
