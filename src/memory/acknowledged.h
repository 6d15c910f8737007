// What a writer is told once its write is committed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"

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

// The JSON text that is kept under an idempotency key.
std::string ToRecord(const Acknowledged& answer);

// The answer again, as `replayed`. Throws Failure(kInternal) if the text is none of ToRecord.
Acknowledged FromRecord(std::string_view record);

}  // namespace nexus::memory
