// One DSN, several roles.
#pragma once

#include <string>
#include <string_view>

namespace nexus::app {

// The DSN (key=value pairs or a postgresql:// URI) of a user who may act as `role`
// (migrations/roles.sql), so that its connections are that role. synchronous_commit is on,
// whatever the database's default: an acknowledged write is durable.
// kInvalid for a DSN that has `options` of its own.
std::string ConninfoAs(std::string_view dsn, std::string_view role);

// The same for the private stack, where each role logs in as itself.
std::string PrivateConninfoAs(std::string_view conninfo, std::string_view role);

}  // namespace nexus::app
