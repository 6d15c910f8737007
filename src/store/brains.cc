#include "store/brains.h"

#include "queries.h"

namespace nexus::store {

using postgres::Row;
using postgres::Rows;
using postgres::ToParameter;
using postgres::Transaction;

namespace {

Brain ReadBrain(const Row& row) { return {row.Id(0), std::string(row.Text(1)), row.Time(2)}; }

std::optional<Uuid> OptionalId(const Row& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return row.Id(column);
}

}  // namespace

Task<bool> Brains::Insert(Transaction& transaction, Brain brain) {
  Rows rows = co_await transaction.Run(
      sql::kInsertBrain,
      {ToParameter(brain.id), std::move(brain.name), ToParameter(brain.created_at)});
  co_return !rows.empty();
}

Task<std::optional<Brain>> Brains::Find(std::string name_or_id) {
  Rows rows = co_await api_.Run(sql::kFindBrain, {name_or_id, ToParameter(ParseUuid(name_or_id))});
  if (rows.empty()) co_return std::nullopt;
  co_return ReadBrain(rows[0]);
}

Task<std::vector<Brain>> Brains::List(std::string after_name, int64_t limit,
                                      std::optional<Uuid> only) {
  Rows rows =
      co_await api_.Run(sql::kListBrains, {after_name, ToParameter(limit), ToParameter(only)});
  std::vector<Brain> brains;
  for (size_t i = 0; i < rows.size(); ++i) brains.push_back(ReadBrain(rows[i]));
  co_return brains;
}

Task<bool> Brains::Delete(Transaction& transaction, Uuid brain) {
  Rows rows = co_await transaction.Run(sql::kDeleteBrain, {ToParameter(brain)});
  co_return !rows.empty();
}

Task<> Brains::InsertKey(Transaction& transaction, ApiKey key, std::string secret_sha256) {
  co_await transaction.Run(
      sql::kInsertApiKey,
      {ToParameter(key.id), ToParameter(key.brain), std::move(key.name), std::move(key.prefix),
       std::move(secret_sha256), postgres::TextArray(key.scopes), ToParameter(key.created_at),
       ToParameter(key.expires_at)});
}

Task<std::optional<ApiKey>> Brains::FindKey(std::string secret_sha256, Timestamp now) {
  Rows rows = co_await api_.Run(sql::kFindApiKey, {secret_sha256, ToParameter(now)});
  if (rows.empty()) co_return std::nullopt;
  Row row = rows[0];
  ApiKey key;
  key.id = row.Id(0);
  key.brain = OptionalId(row, 1);
  key.name = row.Text(2);
  key.scopes = row.TextArray(3);
  co_return key;
}

Task<std::vector<ApiKey>> Brains::ListKeys(std::optional<Uuid> brain) {
  Rows rows = co_await api_.Run(sql::kListApiKeys, {ToParameter(brain)});
  std::vector<ApiKey> keys;
  for (size_t i = 0; i < rows.size(); ++i) {
    Row row = rows[i];
    ApiKey key{row.Id(0),
               OptionalId(row, 1),
               std::string(row.Text(2)),
               std::string(row.Text(3)),
               row.TextArray(4),
               row.Time(5),
               std::nullopt};
    if (!row.IsNull(6)) key.expires_at = row.Time(6);
    keys.push_back(std::move(key));
  }
  co_return keys;
}

Task<bool> Brains::RevokeKey(Transaction& transaction, Uuid key, Timestamp now,
                             std::optional<Uuid> brain) {
  Rows rows = co_await transaction.Run(sql::kRevokeApiKey,
                                       {ToParameter(key), ToParameter(now), ToParameter(brain)});
  co_return !rows.empty();
}

}  // namespace nexus::store
