// The brain that a caller means.
#pragma once

#include <string>

#include "api/operation.h"

namespace nexus::api {

// By name or id. kNotFound, in the same words, for one that is not there and for one that the
// caller's key does not open.
Task<Result<store::Brain>> FindBrain(Services& services, store::ApiKey caller, std::string wanted);

}  // namespace nexus::api
