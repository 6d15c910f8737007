// Reading the outbox. Loop thread only; every function may throw what postgres/ throws.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "base/uuid.h"
#include "postgres/pool.h"

namespace nexus::store {

// A place in the outbox: what is behind it has not been read. `epoch` names the cluster and its
// timeline; xids of another epoch mean nothing here.
struct Position {
  std::string epoch;
  std::string xid;
  int64_t seq = 0;

  std::string ToString() const { return epoch + ":" + xid + ":" + std::to_string(seq); }
};

// False if the history that `reached` was read from is no longer the one that begins at `start`
// (of Outbox::Start, asked later): another server took over, or an older copy was restored. Pure.
bool Continues(const Position& reached, const Position& start);

// What ToString() prints; nullopt for anything else. Pure.
std::optional<Position> ParsePosition(std::string_view text);

// Is everything up to `place` read, when `reached` is? Of the same epoch. Pure.
bool Covers(const Position& reached, const Position& place);

// No row that is younger may ever be dropped.
inline constexpr std::chrono::hours kOutboxKeeps{24};

struct OutboxEvent {
  std::string xid;
  int64_t seq = 0;
  Uuid brain;
  std::string aggregate_id;
  std::string type;         // "episode.created", …
  int64_t generation = -1;  // of "episode.embedded"
  int64_t space = -1;       // of "episode.embedded"; older programs do not say
};

// How far back the outbox can be read; the places are of the present epoch, which they do not name.
struct OutboxReach {
  std::optional<Position> oldest;  // nullopt: it is empty
  std::optional<Position> floor;   // so many rows are behind it; nullopt: there are not so many
};

// The place of the last deletion of an episode.
struct Erasure {
  Uuid brain;
  Position place;  // as above
};

class Outbox {
 public:
  explicit Outbox(postgres::Pool& relay) : relay_(relay) {}

  // Where a reader begins that wants only what commits from now on (and a little before). Within
  // an epoch it never moves back behind a place that Read() has given.
  Task<Position> Start();
  // In order, only rows that no running transaction can still precede.
  Task<std::vector<OutboxEvent>> Read(Position after, int64_t limit);
  Task<OutboxReach> Reach(int64_t rows);
  // Behind `after`, one for each brain that had any.
  Task<std::vector<Erasure>> LastErasures(Position after);
  // Other tables have another name: what was read from these says nothing of those.
  Task<std::string> IdentifyTables();

 private:
  postgres::Pool& relay_;
};

// One brain's rows alone. Pool of nexus_api.
class BrainsOutbox {
 public:
  explicit BrainsOutbox(postgres::Pool& api) : api_(api) {}

  // In order; also rows that a running transaction can still precede.
  Task<std::vector<OutboxEvent>> Read(Uuid brain, Position after, int64_t limit);

 private:
  postgres::Pool& api_;
};

}  // namespace nexus::store
