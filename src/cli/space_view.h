// Embedding spaces for people.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "cli/server.h"
#include "cli/terminal.h"

namespace nexus::cli {

// A row for each of the objects that the server lists.
std::string SpaceTable(const boost::json::array& spaces, const Screen& screen);
// Everything about one.
std::string SpaceDetails(const boost::json::object& space);
// "99.9 %"; never "100.0 %" of what is not whole.
std::string Percent(double share);

// "/v1/embedding-spaces/ID" + rest.
std::string SpaceTarget(const std::string& id, const std::string& rest = {});
// The one that serves. Throws Failure(kNotFound) if there is none.
boost::json::object FindActiveSpace(Server& server);

}  // namespace nexus::cli
