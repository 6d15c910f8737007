#include "store/embeddings.h"

#include "queries.h"

namespace nexus::store {

using postgres::ResultFormat;
using postgres::Row;
using postgres::Rows;
using postgres::ToParameter;
using postgres::Transaction;

namespace {

// Integers of PostgreSQL's binary format are big-endian.
int64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return static_cast<int64_t>(value);
}

StoredVector ReadVector(const Row& row) {
  StoredVector vector;
  std::ranges::copy(row.Binary(0), reinterpret_cast<char*>(vector.item.bytes.data()));
  vector.chunk_no = static_cast<uint32_t>(BigEndian(row.Binary(1)));
  vector.begin = static_cast<uint32_t>(BigEndian(row.Binary(2)));
  vector.end = static_cast<uint32_t>(BigEndian(row.Binary(3)));
  vector.version = BigEndian(row.Binary(4));
  vector.generation = BigEndian(row.Binary(5));
  vector.values = postgres::VectorFromBinary(row.Binary(6));
  return vector;
}

std::vector<StoredVector> ReadVectors(const Rows& rows) {
  std::vector<StoredVector> vectors;
  vectors.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) vectors.push_back(ReadVector(rows[i]));
  return vectors;
}

}  // namespace

SpaceStatement::SpaceStatement(const postgres::Statement& pattern, int64_t space)
    : name_(std::format("{}_{}", pattern.name, space)), sql_(pattern.sql) {
  constexpr std::string_view kPlace = ":space";
  for (size_t at = sql_.find(kPlace); at != std::string::npos; at = sql_.find(kPlace, at)) {
    sql_.replace(at, kPlace.size(), std::to_string(space));
  }
}

Vectors::Vectors(postgres::Pool& api, int64_t space)
    : api_(api), space_(space), scan_(sql::kScanVectors, space), get_(sql::kGetVectors, space) {}

Task<std::vector<StoredVector>> Vectors::Scan(Uuid brain,
                                              std::optional<std::pair<Uuid, uint32_t>> after,
                                              int64_t limit) {
  postgres::Parameter item, chunk;
  if (after) item = after->first.ToString(), chunk = std::to_string(after->second);
  Transaction transaction = co_await api_.BeginAs(brain);
  Rows rows = co_await transaction.Run(
      scan_.get(), {ToParameter(brain), item, chunk, ToParameter(limit)}, ResultFormat::kBinary);
  co_await transaction.Commit();
  co_return ReadVectors(rows);
}

Task<std::vector<StoredVector>> Vectors::Get(Uuid brain, std::vector<Uuid> items) {
  Transaction transaction = co_await api_.BeginAs(brain);
  Rows rows = co_await transaction.Run(get_.get(), {ToParameter(brain), IdArray(items)},
                                       ResultFormat::kBinary);
  co_await transaction.Commit();
  co_return ReadVectors(rows);
}

Task<Queued> Vectors::CountQueued(Uuid brain, std::vector<Uuid> items) {
  Transaction transaction = co_await api_.BeginAs(brain);
  Rows rows = co_await transaction.Run(sql::kAreQueued,
                                       {ToParameter(brain), ToParameter(space_), IdArray(items)});
  const Queued queued{rows[0].Integer(0), rows[0].Integer(1)};
  co_await transaction.Commit();
  co_return queued;
}

EmbeddingQueue::EmbeddingQueue(postgres::Pool& embedder, int64_t space)
    : embedder_(embedder),
      space_(space),
      delete_(sql::kDeleteVectors, space),
      insert_(sql::kInsertVectors, space) {}

Task<std::vector<Work>> EmbeddingQueue::Claim(Uuid lease_token, Timestamp now,
                                              Timestamp lease_until, int64_t limit,
                                              std::optional<int64_t> tried_less_than) {
  postgres::Parameter tried;
  if (tried_less_than) tried = ToParameter(*tried_less_than);
  Rows rows = co_await embedder_.Run(
      sql::kClaimWork, {ToParameter(space_), ToParameter(now), ToParameter(lease_until),
                        ToParameter(lease_token), ToParameter(limit), tried});
  std::vector<Work> claimed;
  for (size_t i = 0; i < rows.size(); ++i) {
    claimed.push_back({rows[i].Id(0), rows[i].Id(1), rows[i].Integer(2), rows[i].Integer(3)});
  }
  std::ranges::sort(claimed, {}, &Work::generation);
  co_return claimed;
}

Task<bool> EmbeddingQueue::Change(postgres::Statement statement, Work work, Uuid lease_token,
                                  Timestamp ready_at) {
  Rows rows = co_await embedder_.Run(
      statement, {ToParameter(work.brain), ToParameter(space_), ToParameter(work.item),
                  ToParameter(lease_token), ToParameter(ready_at)});
  co_return !rows.empty();
}

Task<bool> EmbeddingQueue::ExtendLease(Work work, Uuid lease_token, Timestamp lease_until) {
  return Change(sql::kExtendLease, work, lease_token, lease_until);
}

Task<bool> EmbeddingQueue::Return(Work work, Uuid lease_token, Timestamp now) {
  return Change(sql::kReturnWork, work, lease_token, now);
}

Task<std::optional<EmbeddingInput>> EmbeddingQueue::Read(Work work) {
  Transaction transaction = co_await embedder_.BeginAs(work.brain);
  std::vector<Episode> found = co_await ReadEpisodesIn(transaction, work.brain, {work.item});
  if (found.empty()) co_return std::nullopt;
  EmbeddingInput input{std::move(found.front()), {}};
  const Episode& episode = input.episode;
  if (episode.session_id) {
    Rows rows = co_await transaction.Run(
        sql::kGetContext, {ToParameter(work.brain), episode.session_id,
                           ToParameter(episode.occurred_at), ToParameter(episode.id)});
    for (size_t i = 0; i < rows.size(); ++i) {
      input.before.push_back({std::string(rows[i].Text(0)), std::string(rows[i].Text(1))});
    }
  }
  co_await transaction.Commit();
  co_return input;
}

Task<bool> EmbeddingQueue::Settle(Transaction& transaction, const Work& work, Uuid lease_token) {
  Rows rows = co_await transaction.Run(
      sql::kFinishWork, {ToParameter(work.brain), ToParameter(space_), ToParameter(work.item),
                         ToParameter(lease_token), ToParameter(work.generation)});
  co_return !rows.empty();
}

Task<bool> EmbeddingQueue::Finish(Work work, Uuid lease_token, std::vector<StoredVector> vectors) {
  std::vector<std::string> numbers, begins, ends, values;
  for (const StoredVector& vector : vectors) {
    numbers.push_back(std::to_string(vector.chunk_no));
    begins.push_back(std::to_string(vector.begin));
    ends.push_back(std::to_string(vector.end));
    values.push_back(postgres::VectorLiteral(vector.values));
  }
  Transaction transaction = co_await embedder_.BeginAs(work.brain);
  if (!co_await Settle(transaction, work, lease_token)) co_return false;
  co_await transaction.Run(delete_.get(), {ToParameter(work.brain), ToParameter(work.item)});
  const int64_t version = vectors.front().version;
  co_await transaction.Run(
      insert_.get(),
      {ToParameter(work.brain), ToParameter(work.item), ToParameter(version),
       ToParameter(work.generation), postgres::TextArray(numbers), postgres::TextArray(begins),
       postgres::TextArray(ends), postgres::TextArray(values)});
  co_await transaction.Run(sql::kAnnounceEmbedded,
                           {ToParameter(work.brain), ToParameter(work.item), ToParameter(version),
                            ToParameter(work.generation), ToParameter(space_)});
  co_await transaction.Commit();
  co_return true;
}

Task<bool> EmbeddingQueue::Drop(Work work, Uuid lease_token) {
  Transaction transaction = co_await embedder_.BeginAs(work.brain);
  bool ours = co_await Settle(transaction, work, lease_token);
  co_await transaction.Commit();
  co_return ours;
}

Task<bool> EmbeddingQueue::Delay(Work work, Uuid lease_token, Timestamp ready_at,
                                 std::string reason, bool give_up) {
  Rows rows = co_await embedder_.Run(
      sql::kDelayWork,
      {ToParameter(work.brain), ToParameter(space_), ToParameter(work.item),
       ToParameter(lease_token), ToParameter(ready_at), reason, give_up ? "failed" : "pending"});
  co_return !rows.empty();
}

}  // namespace nexus::store
