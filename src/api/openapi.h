// /openapi.json (OpenAPI 3.1), made from the rows of Operations().
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

namespace nexus::api {

boost::json::object OpenApi(std::string_view version);

}  // namespace nexus::api
