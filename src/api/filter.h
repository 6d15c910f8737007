// The filters of requests.
#pragma once

#include <string>

#include "api/shapes.h"
#include "base/error.h"
#include "domain/filter.h"

namespace nexus::api {

// kInvalid with the pointer of the place, which begins with `pointer`: bounds that nothing can
// hold, a test of the metadata that is none.
Result<EpisodeFilter> ReadConditions(const EpisodeConditions& request, const std::string& pointer);
Result<EpisodeFilter> ReadFilter(FilterRequest request, const std::string& pointer);

}  // namespace nexus::api
