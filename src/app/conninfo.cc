#include "app/conninfo.h"

#include <format>

namespace nexus::app {

std::string ConninfoAs(std::string_view dsn, std::string_view role) {
  if (dsn.starts_with("postgresql://") || dsn.starts_with("postgres://")) {
    return std::format("{}{}options=-c%20role%3D{}%20-c%20synchronous_commit%3Don", dsn,
                       dsn.contains('?') ? '&' : '?', role);
  }
  return std::format("{} options='-c role={} -c synchronous_commit=on'", dsn, role);
}

std::string PrivateConninfoAs(std::string_view conninfo, std::string_view role) {
  return std::format("{} user={} options='-c synchronous_commit=on'", conninfo, role);
}

}  // namespace nexus::app
