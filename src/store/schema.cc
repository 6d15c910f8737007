#include "store/schema.h"

#include <charconv>
#include <set>

#include "base/bytes.h"
#include "migration_files.h"
#include "queries.h"

namespace nexus::store {

using postgres::Rows;
using postgres::ToParameter;
using postgres::Transaction;

namespace {

constexpr std::string_view kLedger =
    "CREATE SCHEMA IF NOT EXISTS nexus_memory;"
    "CREATE TABLE IF NOT EXISTS nexus_memory.schema_migrations ("
    "  version integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,"
    "  applied_at timestamptz NOT NULL DEFAULT now())";

struct Migration {
  int version;
  std::string_view name;
  std::string_view sql;
  std::string sha256;
};

// The compiled-in files whose names begin with four digits, in order.
std::vector<Migration> KnownMigrations() {
  std::vector<Migration> known;
  for (const EmbeddedFile& file : kMigrationFiles) {
    std::string_view name = file.name;
    int version = 0;
    if (std::from_chars(name.data(), name.data() + 4, version).ec != std::errc() || version == 0)
      continue;
    known.push_back({version, name, file.content, ToHex(Sha256(file.content))});
  }
  std::ranges::sort(known, {}, &Migration::version);
  return known;
}

std::string_view EmbeddedText(std::string_view name) {
  for (const EmbeddedFile& file : kMigrationFiles) {
    if (file.name == name) return file.content;
  }
  throw std::logic_error("not compiled in: " + std::string(name));
}

// How many of the known ones are applied. Throws if the ledger tells of others.
size_t CheckLedger(const Rows& applied, const std::vector<Migration>& known) {
  for (size_t i = 0; i < applied.size(); ++i) {
    if (i >= known.size()) {
      throw Failure(ErrorCode::kConflict,
                    std::format("the database is at schema version {}, this program knows {}",
                                applied[i].Integer(0), known.size()),
                    "run the newer nexus that migrated it");
    }
    if (applied[i].Text(1) != known[i].sha256) {
      throw Failure(ErrorCode::kConflict,
                    std::format("migration {} was applied with another text", known[i].name),
                    "a released migration is never edited: run the nexus that made this database");
    }
  }
  return applied.size();
}

}  // namespace

Task<> PrepareRoles(postgres::Pool& administrator) {
  Transaction transaction = co_await administrator.Begin();
  co_await transaction.Run(sql::kLockMigrations, {});
  co_await transaction.RunScript(std::string(EmbeddedText("roles.sql")));
  co_await transaction.Commit();
}

Task<MigrationReport> Migrate(postgres::Pool& owner) {
  const std::vector<Migration> known = KnownMigrations();
  Transaction transaction = co_await owner.Begin();
  co_await transaction.Run(sql::kLockMigrations, {});
  co_await transaction.RunScript(std::string(kLedger));
  Rows applied = co_await transaction.Run(sql::kListMigrations, {});
  const size_t done = CheckLedger(applied, known);
  for (const Migration& next : std::span(known).subspan(done)) {
    co_await transaction.RunScript(std::string(next.sql));
    co_await transaction.Run(sql::kRecordMigration, {ToParameter(int64_t{next.version}),
                                                     std::string(next.name), next.sha256});
  }
  co_await transaction.Commit();
  co_return MigrationReport{static_cast<int>(done), static_cast<int>(known.size())};
}

Task<std::vector<MigrationState>> ListMigrations(postgres::Pool& administrator,
                                                 postgres::Pool& owner) {
  const std::vector<Migration> known = KnownMigrations();
  std::vector<MigrationState> states;
  for (const Migration& migration : known) {
    states.push_back({migration.version, std::string(migration.name), std::nullopt});
  }
  Rows ledger = co_await administrator.Run(sql::kFindLedger, {});
  if (ledger.empty()) co_return states;
  Rows applied = co_await owner.Run(sql::kListMigrations, {});
  const size_t done = CheckLedger(applied, known);
  for (size_t i = 0; i < done; ++i) states[i].applied_at = applied[i].Time(2);
  co_return states;
}

Task<std::vector<std::string>> DescribeSchema(postgres::Pool& owner) {
  Rows rows = co_await owner.Run(sql::kDescribeColumns, {});
  std::vector<std::string> lines;
  for (size_t i = 0; i < rows.size(); ++i) lines.emplace_back(rows[i].Text(0));
  co_return lines;
}

Task<> CheckSchema(postgres::Pool& owner) {
  const std::vector<std::string> lines = co_await DescribeSchema(owner);
  const std::set<std::string_view> present(lines.begin(), lines.end());
  for (auto part : std::views::split(EmbeddedText("columns.txt"), '\n')) {
    std::string_view wanted(part.begin(), part.end());
    // Without a space there is no table of vectors yet.
    if (wanted.empty() || wanted.starts_with("embeddings_N.") || present.contains(wanted)) continue;
    throw Failure(ErrorCode::kConflict,
                  std::format("the schema lacks `{}` in nexus_memory", wanted),
                  "somebody changed the tables by hand: restore that column, then start again");
  }
}

}  // namespace nexus::store
