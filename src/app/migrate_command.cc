#include "app/migrate_command.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <exception>

#include "app/conninfo.h"
#include "app/layers.h"
#include "app/prepare_schema.h"
#include "base/time.h"
#include "cli/answer.h"
#include "cli/layout.h"
#include "cli/terminal.h"

namespace nexus::app {
namespace {

struct MigrateFlags {
  std::optional<std::string> database, file;
  bool dry_run = false;
  bool json = false;
};

std::string DatabaseOf(const MigrateFlags& given) {
  FlagValues flags;
  if (given.database) flags["database"] = *given.database;
  auto values = ResolveSettings(flags, given.file);
  if (!values) throw Failure(values.error());
  std::string dsn = values->at("database");
  if (!dsn.empty()) return dsn;
  throw Failure(ErrorCode::kInvalid, "which PostgreSQL?",
                "give --database DSN, NEXUS_DATABASE or NEXUS_DATABASE_FILE; `nexus up` migrates "
                "its own when it starts");
}

using States = std::vector<store::MigrationState>;

std::unique_ptr<postgres::Pool> Connect(asio::io_context& loop, std::string conninfo) {
  postgres::PoolOptions options;
  options.conninfo = std::move(conninfo);
  options.max_connections = 1;
  return std::make_unique<postgres::Pool>(loop.get_executor(), std::move(options));
}

// How the migrations stand; with `apply`, after those that were missing.
Task<States> Visit(postgres::Pool& administrator, postgres::Pool& owner, bool apply) {
  if (apply) {
    co_await PrepareSchema(administrator, owner);
    co_await store::CheckSchema(owner);
  }
  co_return co_await store::ListMigrations(administrator, owner);
}

States VisitNow(const std::string& dsn, bool apply) {
  asio::io_context loop(1);
  const auto administrator = Connect(loop, dsn);
  const auto owner = Connect(loop, ConninfoAs(dsn, "nexus_owner"));
  std::exception_ptr failure;
  States states;
  asio::co_spawn(loop, Visit(*administrator, *owner, apply),
                 [&](std::exception_ptr thrown, States visited) {
                   failure = thrown;
                   states = std::move(visited);
                 });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return states;
}

boost::json::array AsJson(const States& states) {
  boost::json::array list;
  for (const store::MigrationState& state : states) {
    boost::json::object row{
        {"version", state.version}, {"name", state.name}, {"applied_at", nullptr}};
    if (state.applied_at) row["applied_at"] = FormatTimestamp(*state.applied_at);
    list.push_back(std::move(row));
  }
  return list;
}

std::vector<std::string> Missing(const States& states) {
  std::vector<std::string> names;
  for (const store::MigrationState& state : states) {
    if (!state.applied_at) names.push_back(state.name);
  }
  return names;
}

int Status(const MigrateFlags& given) {
  const States states = VisitNow(DatabaseOf(given), false);
  const size_t missing = Missing(states).size();
  if (cli::PrintsJson(given.json)) {
    cli::PrintJson(boost::json::object{{"missing", missing}, {"migrations", AsJson(states)}});
  } else {
    cli::Table table({{"migration"}, {"applied"}});
    for (const store::MigrationState& state : states) {
      table.Add({state.name, state.applied_at ? cli::ShortTime(FormatTimestamp(*state.applied_at))
                                              : "not yet: nexus migrate run"});
    }
    cli::Print(table.Render(cli::StandardOutput()));
  }
  return missing == 0 ? cli::kExitOk : cli::kExitPartly;
}

int RunThem(const MigrateFlags& given) {
  const std::string dsn = DatabaseOf(given);
  const std::vector<std::string> missing = Missing(VisitNow(dsn, false));
  if (!given.dry_run) VisitNow(dsn, true);
  if (cli::PrintsJson(given.json)) {
    cli::PrintJson(boost::json::object{{given.dry_run ? "would_apply" : "applied",
                                        boost::json::array(missing.begin(), missing.end())}});
    return cli::kExitOk;
  }
  for (const std::string& name : missing) {
    cli::Print(std::format("{} {}\n", given.dry_run ? "would apply" : "applied", name));
  }
  if (missing.empty()) cli::Print("nothing is missing\n");
  return cli::kExitOk;
}

}  // namespace

void AddMigrate(cli::Flags& all) {
  auto given = std::make_shared<MigrateFlags>();  // shared by the parser and the actions
  cli::Flags group = all.Group("migrate", "Look at the schema of a PostgreSQL, or migrate it.");
  const auto add = [&](const char* name, const char* summary) {
    cli::Flags command = group.Command(name, summary);
    command.Text("--database", given->database,
                 "the DSN or URI of the PostgreSQL [NEXUS_DATABASE, NEXUS_DATABASE_FILE]");
    command.Text("--config", given->file, "a nexus.toml");
    command.Switch("--json", given->json, "print JSON also on a terminal");
    return command;
  };
  cli::Flags status = add("status", "Which migrations are applied, and which are missing.");
  status.OnRun([given] { return Status(*given); });
  cli::Flags run = add("run", "Make the roles and apply what is missing, all or nothing.");
  run.Switch("--dry-run", given->dry_run, "say what would be applied, and change nothing");
  run.OnRun([given] { return RunThem(*given); });
}

}  // namespace nexus::app
