// Reading the outbox. Loop thread only; every function may throw what postgres/ throws.
#pragma once

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

struct OutboxEvent {
  std::string xid;
  int64_t seq = 0;
  Uuid brain;
  std::string aggregate_id;
  std::string type;         // "episode.created", …
  int64_t generation = -1;  // of "episode.embedded"
  int64_t space = -1;       // of "episode.embedded"; older programs do not say
};

class Outbox {
 public:
  explicit Outbox(postgres::Pool& relay) : relay_(relay) {}

  // Where a reader begins that wants only what commits from now on (and a little before). Within
  // an epoch it never moves back behind a place that Read() has given.
  Task<Position> Start();
  // In order, only rows that no running transaction can still precede.
  Task<std::vector<OutboxEvent>> Read(Position after, int64_t limit);

 private:
  postgres::Pool& relay_;
};

}  // namespace nexus::store
