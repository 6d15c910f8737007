// The rows of a brain's episodes.
// Loop thread only; every function may throw what postgres/ throws.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/task.h"
#include "domain/episode.h"
#include "domain/filter.h"
#include "postgres/pool.h"

namespace nexus::store {

struct EpisodeCounts {
  int64_t total = 0;
  int64_t embedded = 0;  // have their vectors and wait for no newer ones
  int64_t pending = 0;
  int64_t failed = 0;
};

struct Revision {
  Episode episode;  // as it was
  Timestamp replaced_at;
};

// An episode as it was at some moment.
struct PastEpisode {
  Episode episode;
  bool has_this_text = true;  // what it says now is the same, so its vectors hold
};

// A turn before an episode in its session.
struct ContextTurn {
  std::string speaker;
  std::string content;
};

// Where a transaction's last row stands in the outbox.
struct OutboxPlace {
  std::string xid;
  int64_t seq = 0;
};

// Inside a transaction that was begun as `brain`; in no particular order.
Task<std::vector<Episode>> ReadEpisodesIn(postgres::Transaction& transaction, Uuid brain,
                                          std::vector<Uuid> ids);

class Episodes {
 public:
  explicit Episodes(postgres::Pool& api) : api_(api) {}

  Task<std::vector<Episode>> Get(Uuid brain, std::vector<Uuid> ids);
  // Newest arrival first, what passes the filter, which has no tests of metadata (asserted);
  // `before` is the last id of the page before. The episode whose content brings the page to
  // `max_bytes` is its last.
  Task<std::vector<Episode>> List(Uuid brain, EpisodeFilter filter, std::optional<Uuid> before,
                                  int64_t limit, int64_t max_bytes);
  // Oldest arrival first.
  Task<std::vector<Episode>> Scan(Uuid brain, std::optional<Uuid> after, int64_t limit);
  // What was valid at a moment, as it was then. Oldest arrival first, behind `after`; of `ids`
  // only, if there are any. What was deleted since is gone from the past, too.
  Task<std::vector<PastEpisode>> ScanPast(Uuid brain, Timestamp moment, std::vector<Uuid> ids,
                                          std::optional<Uuid> after, int64_t limit);
  // As it was in that version, without what ended it; nullopt: it, or the version, is not there.
  Task<std::optional<Episode>> GetVersion(Uuid brain, Uuid id, int64_t version);
  // What it was before each change, newest first; `before` is the last version of the page before.
  Task<std::vector<Revision>> ListRevisions(Uuid brain, Uuid id, std::optional<int64_t> before,
                                            int64_t limit);
  // Contents of valid episodes, or how they begin, spread over the brain; the same each time.
  Task<std::vector<std::string>> Sample(Uuid brain, int64_t limit);
  // `space` is the active one, 0 for none.
  Task<EpisodeCounts> Count(Uuid brain, int64_t space);

  // Parts of one write; the caller owns the transaction, begun as `brain`.
  static Task<> Insert(postgres::Transaction& transaction, Uuid brain,
                       std::span<const Episode> episodes);
  // Held until the end of the transaction; nullopt: there is none.
  static Task<std::optional<Episode>> Lock(postgres::Transaction& transaction, Uuid brain, Uuid id);
  // Writes all that may change of what is locked. Gives it back with its new version, and with its
  // metadata as it is read from now on.
  static Task<Episode> Update(postgres::Transaction& transaction, Uuid brain, Episode episode);
  // True if it was there; revisions, vectors and queued work go with it.
  static Task<bool> Delete(postgres::Transaction& transaction, Uuid brain, Uuid id);
  static Task<OutboxPlace> CurrentPlace(postgres::Transaction& transaction);

 private:
  postgres::Pool& api_;
};

}  // namespace nexus::store
