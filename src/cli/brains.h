// The brains of a server.
#pragma once

#include <boost/json/fwd.hpp>

#include "cli/server.h"

namespace nexus::cli {

// All that the key opens, page by page.
boost::json::array ListBrains(Server& server);
// Each with its `stats`. One that is deleted meanwhile is left out.
boost::json::array BrainsWithStats(Server& server);
// kConflict, thrown, if there is one of that name.
boost::json::object MakeBrain(Server& server, std::string_view name);

// The brain `default` is made when it is first needed; any other has to exist. For `missing`, the
// kNotFound of the connection's brain: makes it, or throws with what to do.
void MakeIfDefault(Server& server, const Failure& missing);
// That the connection's brain is there. Throws Failure.
void RequireBrain(Server& server);

}  // namespace nexus::cli
