#include "store/idempotency.h"

#include "queries.h"

namespace nexus::store {

using postgres::Rows;
using postgres::Statement;
using postgres::ToParameter;
using postgres::Transaction;

namespace {

const Statement& Choose(KeyOwner owner, const Statement& of_brain, const Statement& of_caller) {
  return owner.kind == KeyOwner::Kind::kBrain ? of_brain : of_caller;
}

}  // namespace

Task<std::vector<std::string>> IdempotencyKeys::Claim(Transaction& transaction, KeyOwner owner,
                                                      std::vector<std::string> keys,
                                                      std::vector<std::string> digests,
                                                      Timestamp now) {
  Rows rows = co_await transaction.Run(Choose(owner, sql::kClaimBrainsKeys, sql::kClaimCallersKeys),
                                       {ToParameter(owner.id), postgres::TextArray(keys),
                                        postgres::TextArray(digests), ToParameter(now)});
  std::vector<std::string> fresh;
  for (size_t i = 0; i < rows.size(); ++i) fresh.emplace_back(rows[i].Text(0));
  co_return fresh;
}

Task<> IdempotencyKeys::Keep(Transaction& transaction, KeyOwner owner,
                             std::vector<std::string> keys, std::vector<std::string> responses) {
  co_await transaction.Run(
      Choose(owner, sql::kKeepBrainsResponses, sql::kKeepCallersResponses),
      {ToParameter(owner.id), postgres::TextArray(keys), postgres::TextArray(responses)});
}

Task<std::optional<IdempotencyRecord>> IdempotencyKeys::Find(Transaction& transaction,
                                                             KeyOwner owner, std::string key) {
  Rows rows = co_await transaction.Run(Choose(owner, sql::kFindBrainsKey, sql::kFindCallersKey),
                                       {ToParameter(owner.id), std::move(key)});
  if (rows.empty()) co_return std::nullopt;
  co_return IdempotencyRecord{std::string(rows[0].Text(0)), std::string(rows[0].Text(1))};
}

}  // namespace nexus::store
