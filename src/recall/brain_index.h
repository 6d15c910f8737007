// One brain's memories, resident: words, vectors, and the order of each session. The recipe of
// recall stands here and nowhere else; tests hold it against the reference implementation.
//
// Words: BM25 (Robertson and Zaragoza, 2009) with k1 = 0.9, b = 0.4, where the term frequencies and
// the length of a passage include 0.5 x those of the passage before it in its session and 0.25 x
// those of the one before that. Meaning: inner product of the question's vector with the stored
// vector (already the mean of "plain" and "context", not normalised again). Fusion: s = T + 6 M,
// then 0.15 x the best s of the session is added; in a brain with sessions, an episode without one
// is a session of one. Both arms take the best part of an episode, each its own: T of the best
// passage and M of the best chunk.
//
// An episode longer than kPassageBytes is several passages for the words, as it is several chunks
// for the vectors; it scores by its best passage and its best chunk.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/episode.h"
#include "domain/filter.h"
#include "recall/image.h"
#include "text/terms.h"

namespace nexus::recall {

inline constexpr size_t kPassageBytes = 8 << 10;

// Two episodes say the same if this share of the words of both is in both: the resemblance of
// Broder (On the resemblance and containment of documents, 1997) over the words of the contents.
inline constexpr double kSameResemblance = 0.9;
inline constexpr size_t kMaxFolded = 100;  // ids that Hit::folded holds

enum class Mode { kHybrid, kWords, kVectors };

struct Question {
  std::vector<text::QuestionTerm> terms;
  std::vector<float> vector;  // a unit vector; empty: the vector arm is missing
  Mode mode = Mode::kHybrid;
  size_t limit = 10;
  EpisodeFilter filter;
  // Added to the score if not 0: recency_weight x 2^(-age / half_life), of the time from
  // occurred_at until `now`, and importance_weight x importance_score.
  double recency_weight = 0;
  std::chrono::duration<double> half_life = std::chrono::days(30);  // more than 0
  Timestamp now;
  double importance_weight = 0;
  // So many before each hit and behind it in its session. Of the filter, only tags_none keeps any
  // of them out.
  size_t neighbours = 0;
  bool dedupe = false;   // what says the same as a better hit is folded into that
  bool explain = false;  // fills Hit::explanation
};

// How a hit came to its place.
struct Explanation {
  // The place in the arm, from 1, among what passes the filter; 0: the arm did not find it.
  size_t words_rank = 0;
  size_t meaning_rank = 0;
  double session = 0;  // the parts of the score beside the arms
  double recency = 0;
  double importance = 0;
  std::vector<size_t> matched;  // places in Question::terms that the best passage holds or borrows
};

struct Hit {
  Uuid id;
  double score = 0;
  std::optional<double> words;    // T in [0, 1); empty if no word matched or the arm was not asked
  std::optional<double> meaning;  // M in [-1, 1]; empty if there is no vector yet
  // The best chunk (by meaning, else by words), in bytes of the content; of equal ones the first.
  uint32_t begin = 0;
  uint32_t end = 0;
  std::vector<Uuid> before;  // in the order of the session
  std::vector<Uuid> behind;
  std::vector<Uuid> folded;  // with dedupe: what says the same, best first
  Explanation explanation;
};

// A vector of bytes [begin, end) of an episode's content.
struct ChunkVector {
  uint32_t begin = 0;
  uint32_t end = 0;
  std::vector<float> values;
};

// An episode as the index keeps it: its terms are counted already. Making one burns CPU (a
// megabyte takes tens of milliseconds), needs no index and no lock.
struct PreparedEpisode {
  struct Passage {
    uint32_t begin = 0;
    uint32_t end = 0;
    float length = 0;                                      // terms in all
    std::vector<std::pair<std::string, float>> frequency;  // each term once
  };
  Uuid id;
  Attributes attributes;
  int64_t version = 1;
  std::vector<Passage> passages;  // at least one
};

PreparedEpisode Prepare(const Episode& episode);

// Thread-safe: any number of searches at once. A writer waits for the searches that run, and those
// that come after it wait for the writer.
class BrainIndex {
 public:
  explicit BrainIndex(size_t dimension);  // 0: words only
  ~BrainIndex();
  BrainIndex(const BrainIndex&) = delete;

  // Adds it, or replaces what has the same id unless that is of a newer version. Vectors stay until
  // others are set.
  void Put(PreparedEpisode episode);
  // Replaces the vectors unless they are of a newer generation. Vectors of an id that is not there
  // are dropped, and the answer is false: it was deleted, or is still to come. Every vector must
  // have the index's dimension (asserted).
  bool SetVectors(Uuid id, int64_t generation, std::span<const ChunkVector> chunks);
  void Remove(Uuid id);

  // Best first; equal scores by id, newest last. At most `limit` of what passes the filter; the
  // scores are those that the whole brain gives.
  // kHybrid: T + 6 M and the session's share, what shares a word or has a vector. An episode whose
  // vector is still to come counts the mean M of those that have one: new memories are found by
  // their words at once, also among many embedded ones.
  // kWords: T alone, only what shares a word (its own or one that it borrows). kVectors: M alone,
  // only what has a vector. The question's vector must have the index's dimension (asserted).
  std::vector<Hit> Search(const Question& question) const;

  // What Read() of another index takes. With `yields` it gives up, and is false, when a change
  // waits for it to end; it is also false if the sink wants no more.
  bool Write(const ByteSink& sink, bool yields) const;
  // In place of what is there; as long as it reads, the former answers. Throws Failure(kInvalid) if
  // that is no whole index of this dimension, and then changes nothing.
  void Read(ImageReader& reader);

  // How often it was changed.
  uint64_t changes() const;
  size_t size() const;            // episodes; waits for nobody
  size_t embedded() const;        // episodes with vectors
  size_t resident_bytes() const;  // an estimate, for metrics and budgets; waits for nobody

 private:
  class Change;
  struct State;
  std::shared_lock<std::shared_mutex> LockToRead() const;

  // Held by whoever waits for guards_state_, so that new searches queue behind a waiting writer:
  // shared_mutex lets readers that overlap keep it out for ever.
  std::atomic<int> waiting_changes_ = 0;
  mutable std::mutex guards_turn_;
  mutable std::shared_mutex guards_state_;
  std::unique_ptr<State> state_;
  std::atomic<size_t> resident_bytes_;
  std::atomic<size_t> size_ = 0;
  std::atomic<uint64_t> changes_ = 0;
};

}  // namespace nexus::recall
