// The handlers of embedding spaces. They concern all brains: a key of one brain is not enough.
#pragma once

#include "api/operation.h"
#include "api/space_shapes.h"

namespace nexus::api {

Task<Result<SpacePage>> ListSpaces(Services& services, Call call, NoParameters request);
Task<Result<SpaceView>> CreateSpace(Services& services, Call call, NewSpace request);
Task<Result<SpaceView>> GetSpace(Services& services, Call call, NoParameters request);
Task<Result<VerificationView>> VerifySpace(Services& services, Call call, VerifyRequest request);
Task<Result<SpaceView>> ActivateSpace(Services& services, Call call, ActivateRequest request);
Task<Result<SpaceView>> RollbackSpace(Services& services, Call call, NoParameters request);
Task<Result<SpaceView>> RetireSpace(Services& services, Call call, NoParameters request);
Task<Result<WorkCount>> RetrySpace(Services& services, Call call, NoParameters request);
Task<Result<WorkCount>> BackfillSpace(Services& services, Call call, NoParameters request);
Task<Result<FailurePage>> ListFailures(Services& services, Call call, FailureRequest request);

}  // namespace nexus::api
