// Every setting, described from the table of the program itself.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

namespace nexus::app {

// docs/operate/configuration.md, in Markdown: the same on every machine.
std::string ReferencePage();

boost::json::array ReferenceAsJson();

}  // namespace nexus::app
