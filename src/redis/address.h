// Where a Redis is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace nexus::redis {

struct Address {
  std::string socket_path;  // empty: by TCP
  std::string host;         // an IPv6 address without its brackets
  uint16_t port = 6379;
  std::string user;  // empty: the default user
  std::string password;
  int database = 0;

  // For messages and logs: without user and password.
  std::string ToString() const;
};

// "redis://[[user]:password@]host[:port][/db]", "unix:///path" or a plain absolute path. User and
// password are percent-decoded. kInvalid otherwise; the message never holds the password.
Result<Address> ParseAddress(std::string_view text);

}  // namespace nexus::redis
