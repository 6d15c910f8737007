#include "api/find_brain.h"

namespace nexus::api {

Task<Result<store::Brain>> FindBrain(Services& services, store::ApiKey caller, std::string wanted) {
  auto brain = co_await services.brains.Find(wanted);
  if (!brain || (caller.brain && *caller.brain != brain->id)) {
    co_return Fail(ErrorCode::kNotFound, "There is no brain {}.", wanted);
  }
  co_return std::move(*brain);
}

}  // namespace nexus::api
