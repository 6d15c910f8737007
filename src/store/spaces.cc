#include "store/spaces.h"

#include <charconv>

#include "queries.h"
#include "store/space_statement.h"

namespace nexus::store {

using postgres::Row;
using postgres::Rows;
using postgres::ToParameter;
using postgres::Transaction;

namespace {

constexpr std::string_view kUniqueViolation = "23505";
constexpr std::string_view kLockNotAvailable = "55P03";

SpaceState ReadState(std::string_view text) {
  if (text == "active") return SpaceState::kActive;
  return text == "building" ? SpaceState::kBuilding : SpaceState::kRetired;
}

Space ReadSpace(const Row& row) {
  Space space;
  space.id = row.Integer(0);
  space.model = row.Text(1);
  space.artefact_sha256 = row.Text(2);
  space.dimension = row.Integer(3);
  space.max_tokens = row.Integer(4);
  space.state = ReadState(row.Text(5));
  space.source = row.OptionalText(6);
  space.created_at = row.Time(7);
  if (!row.IsNull(8)) space.activated_at = row.Time(8);
  return space;
}

// "UPDATE 3"
int64_t RowsChanged(const Rows& rows) {
  const std::string_view command = rows.command();
  int64_t changed = 0;
  std::from_chars(command.data() + command.rfind(' ') + 1, command.data() + command.size(),
                  changed);
  return changed;
}

// The tables are held by somebody for longer than a change of spaces waits.
Failure Busy() {
  return Failure(ErrorCode::kUnavailable,
                 "the tables were in use for longer than this waits; nothing has changed",
                 "try again");
}

// One of the functions of 0004_spaces.sql that answer whether there was something to do.
Task<bool> Change(postgres::Pool& owner, postgres::Statement statement, int64_t space) {
  try {
    Rows rows = co_await owner.Run(statement, {ToParameter(space)});
    co_return rows[0].Text(0) == "t";
  } catch (const postgres::QueryError& refusal) {
    if (refusal.sqlstate() != kLockNotAvailable) throw;
  }
  throw Busy();
}

}  // namespace

const Space* FindActive(const std::vector<Space>& spaces) {
  const auto found = std::ranges::find(spaces, SpaceState::kActive, &Space::state);
  return found == spaces.end() ? nullptr : &*found;
}

Task<std::vector<Space>> Spaces::List() {
  Rows rows = co_await keeper_.Run(sql::kListSpaces, {});
  std::vector<Space> spaces;
  for (size_t i = 0; i < rows.size(); ++i) spaces.push_back(ReadSpace(rows[i]));
  co_return spaces;
}

Task<Result<Space>> Spaces::Create(embed::ModelInfo model, std::string source) {
  int64_t made = 0;
  try {
    Rows rows = co_await owner_.Run(
        sql::kCreateSpace,
        {model.name, model.artefact_sha256, ToParameter(static_cast<int64_t>(model.dimension)),
         ToParameter(static_cast<int64_t>(model.max_tokens)), model.query_prefix,
         model.passage_prefix, model.pooling, std::move(source)});
    made = rows[0].Integer(0);
  } catch (const postgres::QueryError& refusal) {
    if (refusal.sqlstate() == kLockNotAvailable) throw Busy();
    if (refusal.sqlstate() != kUniqueViolation) throw;
    co_return std::unexpected(
        Error{ErrorCode::kConflict,
              std::format("there is a living space of {} with this artefact already", model.name),
              "", "`nexus space list` shows it"});
  }
  std::vector<Space> all = co_await List();
  co_return *std::ranges::find(all, made, &Space::id);
}

Task<> Spaces::Move(int64_t space, std::string source) {
  co_await owner_.Run(sql::kMoveSpace, {ToParameter(space), std::move(source)});
}

Task<bool> Spaces::Activate(int64_t space) { return Change(owner_, sql::kActivateSpace, space); }

Task<bool> Spaces::Retire(int64_t space) { return Change(owner_, sql::kRetireSpace, space); }

Task<SpaceCounts> Spaces::Count(int64_t space, std::optional<Timestamp> before) {
  const SpaceStatement count(sql::kCountSpace, space);
  Rows rows = co_await keeper_.Run(count.get(), {ToParameter(before)});
  SpaceCounts counts{rows[0].Integer(0), rows[0].Integer(1), 0, rows[0].Integer(2)};
  counts.pending = counts.total - counts.embedded - counts.failed;
  co_return counts;
}

Task<std::vector<FailedWork>> Spaces::ListFailed(int64_t space, int64_t limit) {
  Rows rows = co_await keeper_.Run(sql::kListFailed, {ToParameter(space), ToParameter(limit)});
  std::vector<FailedWork> failed;
  for (size_t i = 0; i < rows.size(); ++i) {
    failed.push_back({rows[i].Id(0), rows[i].Id(1), rows[i].Integer(2),
                      rows[i].OptionalText(3).value_or("unknown")});
  }
  co_return failed;
}

Task<int64_t> Spaces::RetryFailed(int64_t space, Timestamp now) {
  Rows rows = co_await embedder_.Run(sql::kRetryFailed, {ToParameter(space), ToParameter(now)});
  co_return RowsChanged(rows);
}

Task<int64_t> Spaces::QueueMissing(int64_t space, Uuid brain) {
  const SpaceStatement queue_missing(sql::kQueueMissing, space);
  Transaction transaction = co_await owner_.BeginAs(brain);
  Rows rows = co_await transaction.Run(queue_missing.get(), {ToParameter(brain)});
  co_await transaction.Commit();
  co_return RowsChanged(rows);
}

}  // namespace nexus::store
