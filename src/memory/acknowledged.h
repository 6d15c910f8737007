// What a writer is told once its write is committed, and how that is kept under an idempotency key.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/episode.h"

namespace nexus::memory {

struct Acknowledged {
  struct Item {
    Uuid id;
    int64_t version = 1;
    Timestamp created_at;
  };
  std::vector<Item> items;  // in the order of the request
  std::string position;     // "epoch:xid:seq"
  bool replayed = false;    // the answer of an earlier request with the same key
};

// A revision, named: its text stays where an erasure finds it. What ended it is in no revision.
struct Revised {
  int64_t version = 1;
  std::optional<Timestamp> invalidated_at;
  std::optional<Uuid> superseded_by;

  static Revised Of(const Episode& episode) {
    return {episode.version, episode.invalidated_at, episode.superseded_by};
  }
};

// The JSON text that is kept.
std::string ToRecord(const Acknowledged& answer);
std::string ToRecord(const Revised& answer);

// The answer again, an Acknowledged as `replayed`. Throws Failure(kInternal) if the text is none of
// ToRecord.
Acknowledged FromRecord(std::string_view record);
Revised RevisedFromRecord(std::string_view record);

}  // namespace nexus::memory
