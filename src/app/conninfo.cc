#include "app/conninfo.h"

#include <format>

#include "base/error.h"

namespace nexus::app {
namespace {

bool IsUri(std::string_view dsn) {
  return dsn.starts_with("postgresql://") || dsn.starts_with("postgres://");
}

bool HasOptions(std::string_view dsn) {
  const std::string_view before = IsUri(dsn) ? "?&" : " ";
  for (size_t at = dsn.find("options="); at != dsn.npos; at = dsn.find("options=", at + 1)) {
    if (at == 0 || before.contains(dsn[at - 1])) return true;
  }
  return false;
}

}  // namespace

std::string ConninfoAs(std::string_view dsn, std::string_view role) {
  if (HasOptions(dsn)) {
    throw Failure(ErrorCode::kInvalid,
                  "the DSN of --database has `options`, which Nexus sets itself",
                  "take them out, and say ALTER ROLE <the DSN's user> SET … in PostgreSQL");
  }
  if (IsUri(dsn)) {
    return std::format("{}{}options=-c%20role%3D{}%20-c%20synchronous_commit%3Don", dsn,
                       dsn.contains('?') ? '&' : '?', role);
  }
  return std::format("{} options='-c role={} -c synchronous_commit=on'", dsn, role);
}

std::string PrivateConninfoAs(std::string_view conninfo, std::string_view role) {
  return std::format("{} user={} options='-c synchronous_commit=on'", conninfo, role);
}

}  // namespace nexus::app
