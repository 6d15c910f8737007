// The answers that are kept for idempotency keys.
// Loop thread only; every function may throw what postgres/ throws.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "base/time.h"
#include "base/uuid.h"
#include "postgres/pool.h"

namespace nexus::store {

// Whose the keys are: equal keys of two owners have nothing to do with each other.
struct KeyOwner {
  enum class Kind {
    kBrain,   // the transaction must be begun as the brain
    kCaller,  // the API key that asked, for what concerns no brain, or a whole one
  };
  Kind kind = Kind::kBrain;
  Uuid id;
};

struct IdempotencyRecord {
  std::string request_sha256;
  std::string response;  // the JSON text that was kept; empty if none was
};

// Parts of one write; the caller owns the transaction.
struct IdempotencyKeys {
  // Those that are new. Waits for a running transaction that holds one of them; QueryError 55P03
  // when that takes more than 2 seconds.
  static Task<std::vector<std::string>> Claim(postgres::Transaction& transaction, KeyOwner owner,
                                              std::vector<std::string> keys,
                                              std::vector<std::string> digests, Timestamp now);
  static Task<> Keep(postgres::Transaction& transaction, KeyOwner owner,
                     std::vector<std::string> keys, std::vector<std::string> responses);
  static Task<std::optional<IdempotencyRecord>> Find(postgres::Transaction& transaction,
                                                     KeyOwner owner, std::string key);
};

}  // namespace nexus::store
