// One effect for one Idempotency-Key: the key is claimed, and what its answer is made of is kept,
// in the transaction of the write itself. So both are there, or neither.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "base/task.h"
#include "base/time.h"
#include "base/uuid.h"
#include "postgres/pool.h"
#include "store/idempotency.h"

namespace nexus::memory {

struct IdempotencyKey {
  std::string key;             // at most kMaxIdempotencyKeyBytes
  std::string request_sha256;  // of what is asked, lower-case hex
};

inline constexpr size_t kMaxIdempotencyKeyBytes = 255;

// What the earlier request left, a JSON text. kKeyReused: it asked something else. kUnavailable: it
// left nothing.
Result<std::string> JudgeEarlier(const std::optional<store::IdempotencyRecord>& record,
                                 const IdempotencyKey& key);

// A write in its transaction. Destroyed without Commit or Cancel it closes the connection. Loop
// thread only.
class Once {
 public:
  // Claims the key, if there is one, in a transaction that was begun for the write; waits for a
  // request that holds it, for 2 seconds.
  static Task<Once> Begin(postgres::Transaction transaction, store::KeyOwner owner,
                          std::optional<IdempotencyKey> key, Timestamp now);

  // Set: nothing must be written. Then it is what JudgeEarlier says, or kStillRunning; the
  // transaction may still read what a record names.
  const std::optional<Result<std::string>>& earlier() const { return earlier_; }
  postgres::Transaction& transaction() { return transaction_; }

  // `record` is what `earlier` will be for the same request: a JSON text, without the content of
  // episodes, which has to be gone when they are. Throws what Transaction::Commit throws.
  Task<> Commit(std::string record);
  Task<> Cancel();

 private:
  Once(postgres::Transaction transaction, store::KeyOwner owner, std::optional<IdempotencyKey> key)
      : transaction_(std::move(transaction)), owner_(owner), key_(std::move(key)) {}

  Task<> Claim(Timestamp now);

  postgres::Transaction transaction_;
  store::KeyOwner owner_;
  std::optional<IdempotencyKey> key_;
  std::optional<Result<std::string>> earlier_;
};

// Begins such writes. Borrows both.
class Ledger {
 public:
  Ledger(postgres::Pool& api, const Clock& clock) : api_(api), clock_(clock) {}

  // Something inside a brain.
  Task<Once> OfBrain(Uuid brain, std::optional<IdempotencyKey> key);
  // Brains and API keys. `brain` is the one whose rows the transaction may see, if any.
  Task<Once> OfCaller(Uuid caller, std::optional<Uuid> brain, std::optional<IdempotencyKey> key);

 private:
  postgres::Pool& api_;
  const Clock& clock_;
};

}  // namespace nexus::memory
