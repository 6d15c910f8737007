#include "app/conninfo.h"

#include <format>

namespace nexus::app {
namespace {

std::string_view SynchronousCommit(std::string_view role) {
  return role == "nexus_embedder" ? "off" : "on";
}

}  // namespace

std::string ConninfoAs(std::string_view dsn, std::string_view role) {
  const std::string_view commit = SynchronousCommit(role);
  if (dsn.starts_with("postgresql://") || dsn.starts_with("postgres://")) {
    return std::format("{}{}options=-c%20role%3D{}%20-c%20synchronous_commit%3D{}", dsn,
                       dsn.contains('?') ? '&' : '?', role, commit);
  }
  return std::format("{} options='-c role={} -c synchronous_commit={}'", dsn, role, commit);
}

std::string PrivateConninfoAs(std::string_view conninfo, std::string_view role) {
  return std::format("{} user={} options='-c synchronous_commit={}'", conninfo, role,
                     SynchronousCommit(role));
}

}  // namespace nexus::app
