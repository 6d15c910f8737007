#include "app/prepare_schema.h"

namespace nexus::app {
namespace {

constexpr std::string_view kInsufficientPrivilege = "42501";
// PostgreSQL names one missing right at a time.
constexpr const char* kRightsNeeded =
    "let the user of --database own the database and have CREATEROLE, and let a superuser say "
    "CREATE EXTENSION vector there; the roles nexus_… that another user made in this PostgreSQL "
    "must be granted to it WITH ADMIN OPTION. A superuser as the user needs none of this";

}  // namespace

Task<store::MigrationReport> PrepareSchema(postgres::Pool& administrator, postgres::Pool& owner) {
  try {
    co_await store::PrepareRoles(administrator);
    co_return co_await store::Migrate(owner);
  } catch (const postgres::QueryError& refused) {
    if (refused.sqlstate() != kInsufficientPrivilege) throw;
    const std::string message = refused.error().message;
    throw Failure(ErrorCode::kForbidden, message.substr(0, message.find('\n')), kRightsNeeded);
  }
}

}  // namespace nexus::app
