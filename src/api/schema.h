// JSON Schema 2020-12 of described types, for /openapi.json and for tools.
#pragma once

#include <boost/json/object.hpp>
#include <set>

#include "base/describe.h"

namespace nexus::api {

// Structs become `{"$ref": "#/components/schemas/Name"}` and are put into `components`.
boost::json::object SchemaOf(const TypeInfo& type, const FieldRule& rule,
                             boost::json::object& components);

}  // namespace nexus::api
