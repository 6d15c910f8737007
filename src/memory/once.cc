#include "memory/once.h"

#include "memory/refusal.h"

namespace nexus::memory {

using postgres::Transaction;
using store::IdempotencyKeys;
using store::KeyOwner;

Result<std::string> JudgeEarlier(const std::optional<store::IdempotencyRecord>& record,
                                 const IdempotencyKey& key) {
  if (!record || record->response.empty()) {
    return std::unexpected(Error{ErrorCode::kUnavailable,
                                 "the earlier request with this Idempotency-Key left no answer", "",
                                 "try again"});
  }
  if (record->request_sha256 != key.request_sha256) {
    return std::unexpected(Error{ErrorCode::kKeyReused,
                                 "this Idempotency-Key came before with another request", "",
                                 "use a new key for a new write"});
  }
  return record->response;
}

Task<Once> Once::Begin(Transaction transaction, KeyOwner owner, std::optional<IdempotencyKey> key,
                       Timestamp now) {
  Once once(std::move(transaction), owner, std::move(key));
  if (once.key_) co_await once.Claim(now);
  co_return once;
}

Task<> Once::Claim(Timestamp now) {
  const std::vector<std::string> keys = {key_->key}, digests = {key_->request_sha256};
  try {
    const auto fresh = co_await IdempotencyKeys::Claim(transaction_, owner_, keys, digests, now);
    if (!fresh.empty()) co_return;
    const auto record = co_await IdempotencyKeys::Find(transaction_, owner_, key_->key);
    earlier_ = JudgeEarlier(record, *key_);
  } catch (const postgres::QueryError& refusal) {
    earlier_ = std::unexpected(ToError(refusal, false));
  }
}

Task<> Once::Commit(std::string record) {
  if (key_) {
    const std::vector<std::string> keys = {key_->key}, records = {std::move(record)};
    co_await IdempotencyKeys::Keep(transaction_, owner_, keys, records);
  }
  co_await transaction_.Commit();
}

Task<> Once::Cancel() { co_await transaction_.Rollback(); }

Task<Once> Ledger::OfBrain(Uuid brain, std::optional<IdempotencyKey> key) {
  const KeyOwner owner{KeyOwner::Kind::kBrain, brain};
  co_return co_await Once::Begin(co_await api_.BeginAs(brain), owner, std::move(key), clock_.Now());
}

Task<Once> Ledger::OfCaller(Uuid caller, std::optional<Uuid> brain,
                            std::optional<IdempotencyKey> key) {
  const KeyOwner owner{KeyOwner::Kind::kCaller, caller};
  const Timestamp now = clock_.Now();
  if (brain) {
    co_return co_await Once::Begin(co_await api_.BeginAs(*brain), owner, std::move(key), now);
  }
  co_return co_await Once::Begin(co_await api_.Begin(), owner, std::move(key), now);
}

}  // namespace nexus::memory
