#include "recall/ranking.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <tuple>

#include "text/indexed_text.h"
#include "text/terms.h"

namespace nexus::recall {
namespace {

constexpr double kMeaningWeight = 6;
constexpr double kSessionShare = 0.15;
constexpr double kNever = -std::numeric_limits<double>::infinity();

// What one arm says of the episodes: the best score of each, and the slot where it was found (of
// the passages or of the rows; kNone: nowhere).
struct Arm {
  std::vector<float> scores;
  std::vector<uint32_t> best;
  std::vector<uint32_t> begins;

  explicit Arm(size_t episodes)
      : scores(episodes), best(episodes, kNone), begins(episodes, kNone) {}

  // Of equal parts the first in the text counts, wherever its slot is.
  void Offer(uint32_t slot, float score, uint32_t episode, uint32_t begin) {
    bool is_better = best[episode] == kNone || score > scores[episode] ||
                     (score == scores[episode] && begin < begins[episode]);
    if (!is_better) return;
    scores[episode] = score;
    best[episode] = slot;
    begins[episode] = begin;
  }
};

struct Candidate {
  uint32_t episode;
  double score;
  double session = 0;  // its parts beside the arms
  double recency = 0;
  double importance = 0;
  std::vector<uint32_t> folded;
};

Arm AskWords(const EpisodeTable& episodes, const Question& question) {
  Arm arm(episodes.entries().size());
  if (question.terms.empty()) return arm;
  const PassageChain& passages = episodes.words().passages();
  std::vector<float> scores = episodes.words().Score(question.terms);
  for (uint32_t slot = 0; slot < scores.size(); ++slot) {
    if (scores[slot] == 0) continue;
    const PassageChain::Passage& passage = passages.at(slot);
    arm.Offer(slot, scores[slot], passage.episode, passage.begin);
  }
  return arm;
}

Arm AskMeaning(const EpisodeTable& episodes, const Question& question) {
  Arm arm(episodes.entries().size());
  if (question.vector.empty() || episodes.embedded() == 0) return arm;
  const VectorRows& rows = episodes.vectors();
  std::vector<float> scores = rows.Score(question.vector);
  for (uint32_t row = 0; row < scores.size(); ++row) {
    const VectorRows::Row& vector = rows.at(row);
    if (vector.episode != kNone) arm.Offer(row, scores[row], vector.episode, vector.begin);
  }
  return arm;
}

// Of the episodes that have vectors. An episode that still waits for its own is taken to be as
// near as they are on average; as 0 it would stand behind all of them, since models put any two
// texts near each other.
double MeanMeaning(const Arm& meaning) {
  double sum = 0;
  size_t count = 0;
  for (size_t i = 0; i < meaning.best.size(); ++i) {
    if (meaning.best[i] == kNone) continue;
    sum += meaning.scores[i];
    ++count;
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

std::vector<Candidate> Fuse(const EpisodeTable& episodes, const Arm& words, const Arm& meaning) {
  const auto& entries = episodes.entries();
  const double mean = MeanMeaning(meaning);
  std::vector<double> scores(entries.size());
  std::vector<double> best_of(episodes.sessions(), kNever);
  for (size_t i = 0; i < entries.size(); ++i) {
    double nearness = meaning.best[i] == kNone ? mean : static_cast<double>(meaning.scores[i]);
    scores[i] = words.scores[i] + kMeaningWeight * nearness;
    uint32_t session = entries[i].session;
    if (session != kNone) best_of[session] = std::max(best_of[session], scores[i]);
  }
  std::vector<Candidate> candidates;
  const bool has_sessions = std::ranges::any_of(best_of, [](double best) { return best > kNever; });
  for (uint32_t i = 0; i < entries.size(); ++i) {
    if (words.best[i] == kNone && meaning.best[i] == kNone) continue;
    uint32_t session = entries[i].session;
    // Beside sessions, an episode alone is a session of one: else it would stand behind them all.
    double best = session != kNone ? best_of[session] : has_sessions ? scores[i] : 0;
    const double share = kSessionShare * best;
    candidates.push_back({.episode = i, .score = scores[i] + share, .session = share});
  }
  return candidates;
}

std::vector<Candidate> Alone(const Arm& arm) {
  std::vector<Candidate> candidates;
  for (uint32_t i = 0; i < arm.best.size(); ++i) {
    if (arm.best[i] != kNone) candidates.push_back({.episode = i, .score = arm.scores[i]});
  }
  return candidates;
}

void Filter(const EpisodeTable& episodes, const EpisodeFilter& filter,
            std::vector<Candidate>& candidates) {
  if (filter.passes_everything()) return;
  std::erase_if(candidates, [&](const Candidate& candidate) {
    return !Passes(episodes.attributes(candidate.episode), filter);
  });
}

void Weigh(const EpisodeTable& episodes, const Question& question,
           std::vector<Candidate>& candidates) {
  if (question.recency_weight == 0 && question.importance_weight == 0) return;
  for (Candidate& candidate : candidates) {
    const Attributes& attributes = episodes.attributes(candidate.episode);
    const std::chrono::duration<double> age = question.now - attributes.occurred_at;
    candidate.recency =
        question.recency_weight * std::exp2(-std::max(0.0, age / question.half_life));
    candidate.importance = question.importance_weight * attributes.importance_score;
    candidate.score += candidate.recency + candidate.importance;
  }
}

void KeepBest(const EpisodeTable& episodes, size_t limit, std::vector<Candidate>& candidates) {
  const auto& entries = episodes.entries();
  size_t count = std::min(limit, candidates.size());
  std::ranges::partial_sort(candidates, candidates.begin() + static_cast<ptrdiff_t>(count),
                            [&](const Candidate& a, const Candidate& b) {
                              if (a.score != b.score) return a.score > b.score;
                              return entries[a.episode].id < entries[b.episode].id;
                            });
  candidates.resize(count);
}

// The terms of an episode's content, in order. Who said it and when stands in its passages, too,
// and is left out: the same may be said twice.
std::vector<uint32_t> ContentTerms(const EpisodeTable& episodes, uint32_t episode) {
  const EpisodeTable::Entry& entry = episodes.entries()[episode];
  const WordIndex& words = episodes.words();
  std::vector<uint32_t> terms;
  for (uint32_t slot = entry.first_passage;; slot = words.passages().next(slot)) {
    terms.insert(terms.end(), words.TermsOf(slot).begin(), words.TermsOf(slot).end());
    if (slot == entry.last_passage) break;
  }
  const Attributes& attributes = episodes.attributes(episode);
  const std::string frame = text::IndexedText(attributes.speaker, attributes.occurred_at, "");
  for (const std::string& term : text::DocumentTerms(frame)) {
    if (auto id = words.FindTerm(term)) std::erase(terms, *id);
  }
  std::ranges::sort(terms);
  terms.erase(std::ranges::unique(terms).begin(), terms.end());
  return terms;
}

bool SaysTheSame(const std::vector<uint32_t>& some, const std::vector<uint32_t>& others) {
  const size_t less = std::min(some.size(), others.size());
  const size_t more = std::max(some.size(), others.size());
  if (less == 0 || static_cast<double>(less) < kSameResemblance * static_cast<double>(more)) {
    return false;
  }
  std::vector<uint32_t> common;
  std::ranges::set_intersection(some, others, std::back_inserter(common));
  const size_t all = less + more - common.size();
  return static_cast<double>(common.size()) >= kSameResemblance * static_cast<double>(all);
}

// The best ones as KeepBest keeps them, but each stands for those behind it that say the same.
// Time: the product of what is kept and what is looked at, in the worst case.
void KeepDistinct(const EpisodeTable& episodes, size_t limit, std::vector<Candidate>& candidates) {
  KeepBest(episodes, candidates.size(), candidates);
  std::vector<Candidate> kept;
  std::vector<std::vector<uint32_t>> terms_of;
  for (Candidate& candidate : candidates) {
    std::vector<uint32_t> terms = ContentTerms(episodes, candidate.episode);
    const auto same = std::ranges::find_if(
        terms_of, [&](const std::vector<uint32_t>& better) { return SaysTheSame(terms, better); });
    if (same != terms_of.end()) {
      auto& folded = kept[static_cast<size_t>(same - terms_of.begin())].folded;
      if (folded.size() < kMaxFolded) folded.push_back(candidate.episode);
      continue;
    }
    if (kept.size() == limit) break;
    kept.push_back(std::move(candidate));
    terms_of.push_back(std::move(terms));
  }
  candidates = std::move(kept);
}

// The place of each episode in one arm, from 1, among the candidates; 0: not found by it.
std::vector<size_t> Places(const EpisodeTable& episodes, const Arm& arm,
                           std::span<const Candidate> candidates) {
  const auto& entries = episodes.entries();
  std::vector<uint32_t> order;
  for (const Candidate& candidate : candidates) {
    if (arm.best[candidate.episode] != kNone) order.push_back(candidate.episode);
  }
  std::ranges::sort(order, [&](uint32_t a, uint32_t b) {
    if (arm.scores[a] != arm.scores[b]) return arm.scores[a] > arm.scores[b];
    return entries[a].id < entries[b].id;
  });
  std::vector<size_t> places(entries.size());
  for (size_t i = 0; i < order.size(); ++i) places[order[i]] = i + 1;
  return places;
}

void AddNeighbours(const EpisodeTable& episodes, const Question& question, uint32_t episode,
                   Hit& hit) {
  const size_t count = question.neighbours;
  const auto& entries = episodes.entries();
  if (count == 0 || entries[episode].session == kNone) return;
  const EpisodeFilter exclusion{.tags_none = question.filter.tags_none};
  const std::span session = episodes.session(entries[episode].session);
  const auto at = static_cast<size_t>(std::ranges::find(session, episode) - session.begin());
  const size_t last = std::min(session.size(), at + 1 + std::min(count, session.size()));
  for (size_t i = at - std::min(at, count); i < last; ++i) {
    if (i == at || !Passes(episodes.attributes(session[i]), exclusion)) continue;
    (i < at ? hit.before : hit.behind).push_back(entries[session[i]].id);
  }
}

Hit MakeHit(const EpisodeTable& episodes, const Arm& words, const Arm& meaning,
            const Candidate& candidate) {
  uint32_t i = candidate.episode;
  const EpisodeTable::Entry& entry = episodes.entries()[i];
  Hit hit{.id = entry.id, .score = candidate.score};
  if (words.best[i] != kNone) {
    const PassageChain::Passage& passage = episodes.words().passages().at(words.best[i]);
    hit.words = words.scores[i];
    std::tie(hit.begin, hit.end) = std::tie(passage.begin, passage.end);
  }
  if (meaning.best[i] != kNone) {
    const VectorRows::Row& row = episodes.vectors().at(meaning.best[i]);
    hit.meaning = meaning.scores[i];
    // The vectors may still be those of a longer version.
    hit.begin = std::min(row.begin, entry.content_end);
    hit.end = std::min(row.end, entry.content_end);
  }
  return hit;
}

}  // namespace

std::vector<Hit> Rank(const EpisodeTable& episodes, const Question& question) {
  assert(question.vector.empty() || question.vector.size() == episodes.vectors().dimension());
  const size_t count = episodes.entries().size();
  Arm words = question.mode == Mode::kVectors ? Arm(count) : AskWords(episodes, question);
  Arm meaning = question.mode == Mode::kWords ? Arm(count) : AskMeaning(episodes, question);
  std::vector<Candidate> candidates = question.mode == Mode::kHybrid
                                          ? Fuse(episodes, words, meaning)
                                      : question.mode == Mode::kWords ? Alone(words)
                                                                      : Alone(meaning);
  Filter(episodes, question.filter, candidates);
  Weigh(episodes, question, candidates);
  std::vector<size_t> words_places, meaning_places;
  if (question.explain) {
    words_places = Places(episodes, words, candidates);
    meaning_places = Places(episodes, meaning, candidates);
  }
  (question.dedupe ? KeepDistinct : KeepBest)(episodes, question.limit, candidates);
  std::vector<Hit> hits;
  hits.reserve(candidates.size());
  for (const Candidate& candidate : candidates) {
    const uint32_t episode = candidate.episode;
    Hit& hit = hits.emplace_back(MakeHit(episodes, words, meaning, candidate));
    AddNeighbours(episodes, question, episode, hit);
    for (uint32_t other : candidate.folded) hit.folded.push_back(episodes.entries()[other].id);
    if (!question.explain) continue;
    hit.explanation = {.words_rank = words_places[episode],
                       .meaning_rank = meaning_places[episode],
                       .session = candidate.session,
                       .recency = candidate.recency,
                       .importance = candidate.importance,
                       .matched = {}};
    if (words.best[episode] != kNone) {
      hit.explanation.matched = episodes.words().Matched(words.best[episode], question.terms);
    }
  }
  return hits;
}

}  // namespace nexus::recall
