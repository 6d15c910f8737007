#include "api/handlers.h"
#include "api/operation.h"
#include "api/space_handlers.h"

namespace nexus::api {
namespace {

std::vector<Operation> BrainOperations() {
  return {
      Adapter<NewBrain, BrainView>::TakesBody<&CreateBrain>(
          {.method = "POST",
           .path = "/v1/brains",
           .name = "createBrain",
           .summary = "Make a brain: an isolated memory with its own identity.",
           .access = Access::kAdmin,
           .status = 201,
           .takes_idempotency_key = true}),
      Adapter<BrainListRequest, BrainPage>::TakesQuery<&ListBrains>(
          {.method = "GET",
           .path = "/v1/brains",
           .name = "listBrains",
           .summary = "The brains that the key opens, by name."}),
      Adapter<NoParameters, BrainView>::TakesQuery<&GetBrain>(
          {.method = "GET",
           .path = "/v1/brains/{brain}",
           .name = "getBrain",
           .summary = "A brain, by name or id."}),
      {.method = "DELETE",
       .path = "/v1/brains/{brain}",
       .name = "deleteBrain",
       .summary = "Delete a brain with all that it remembers. There is no way back.",
       .access = Access::kAdmin,
       .status = 204,
       .takes_idempotency_key = true,
       .finds_brain = true,
       .typed = &DeleteBrain},
      Adapter<NoParameters, StatsView>::TakesQuery<&GetStats>(
          {.method = "GET",
           .path = "/v1/brains/{brain}/stats",
           .name = "getStats",
           .summary = "How much there is, and how much of it is found by meaning."}),
  };
}

std::vector<Operation> EpisodeOperations() {
  return {
      {.method = "POST",
       .path = "/v1/brains/{brain}/episodes",
       .name = "rememberEpisodes",
       .summary = "Remember one episode, or several: all or none. 201 means durable.",
       .access = Access::kWrite,
       .status = 201,
       .query = &TypeOf<RememberParameters>(),
       .requests = {&TypeOf<NewEpisode>(), &TypeOf<NewEpisodes>()},
       .responses = {&TypeOf<EpisodeReceipt>(), &TypeOf<EpisodeReceipts>()},
       .takes_idempotency_key = true,
       .typed = &RememberEpisodes},
      Adapter<ListRequest, EpisodePage>::TakesQuery<&ListEpisodes>(
          {.method = "GET",
           .path = "/v1/brains/{brain}/episodes",
           .name = "listEpisodes",
           .summary = "Everything, newest arrival first."}),
      Adapter<NoParameters, EpisodeView>::TakesQuery<&GetEpisode>(
          {.method = "GET",
           .path = "/v1/brains/{brain}/episodes/{id}",
           .name = "getEpisode",
           .summary = "One episode, whole; also one that was invalidated.",
           .versioned = true}),
      {.method = "PATCH",
       .path = "/v1/brains/{brain}/episodes/{id}",
       .name = "reviseEpisode",
       .summary = "Change an episode: a new revision. The old text is no longer found.",
       .access = Access::kWrite,
       .requests = {&TypeOf<EpisodePatch>()},
       .responses = {&TypeOf<EpisodeView>()},
       .takes_idempotency_key = true,
       .versioned = true,
       .typed = &ReviseEpisode},
      Adapter<Invalidation, EpisodeView>::TakesBody<&InvalidateEpisode>(
          {.method = "POST",
           .path = "/v1/brains/{brain}/episodes/{id}/invalidate",
           .name = "invalidateEpisode",
           .summary = "It holds no longer: kept, but neither found nor listed.",
           .access = Access::kWrite,
           .takes_idempotency_key = true,
           .versioned = true}),
      Adapter<RevisionListRequest, RevisionPage>::TakesQuery<&ListRevisions>(
          {.method = "GET",
           .path = "/v1/brains/{brain}/episodes/{id}/revisions",
           .name = "listRevisions",
           .summary = "What an episode was before each change, newest first."}),
      {.method = "DELETE",
       .path = "/v1/brains/{brain}/episodes/{id}",
       .name = "deleteEpisode",
       .summary = "Forget an episode everywhere: row, revisions, vectors, index, queued work.",
       .access = Access::kWrite,
       .status = 204,
       .takes_idempotency_key = true,
       .versioned = true,
       .typed = &DeleteEpisode},
      Adapter<RecallRequest, RecallAnswer>::TakesBody<&RecallEpisodes>(
          {.method = "POST",
           .path = "/v1/brains/{brain}/recall",
           .name = "recall",
           .summary = "Find memories by word and meaning."}),
  };
}

std::vector<Operation> KeyOperations() {
  return {
      Adapter<NewKey, KeyMade>::TakesBody<&CreateKey>({.method = "POST",
                                                       .path = "/v1/keys",
                                                       .name = "createKey",
                                                       .summary = "Make a key. It is shown once.",
                                                       .access = Access::kAdmin,
                                                       .status = 201,
                                                       .takes_idempotency_key = true}),
      Adapter<NoParameters, KeyPage>::TakesQuery<&ListKeys>(
          {.method = "GET",
           .path = "/v1/keys",
           .name = "listKeys",
           .summary = "The living keys, without their secrets.",
           .access = Access::kAdmin}),
      {.method = "DELETE",
       .path = "/v1/keys/{id}",
       .name = "revokeKey",
       .summary = "Revoke a key, at once.",
       .access = Access::kAdmin,
       .status = 204,
       .takes_idempotency_key = true,
       .typed = &RevokeKey},
  };
}

std::vector<Operation> SpaceOperations() {
  return {
      Adapter<NoParameters, SpacePage>::TakesQuery<&ListSpaces>(
          {.method = "GET",
           .path = "/v1/embedding-spaces",
           .name = "listSpaces",
           .summary = "The embedding spaces, and how complete they are.",
           .access = Access::kAdmin}),
      Adapter<NewSpace, SpaceView>::TakesBody<&CreateSpace>(
          {.method = "POST",
           .path = "/v1/embedding-spaces",
           .name = "createSpace",
           .summary = "Build a space for another model, beside the one that serves.",
           .access = Access::kAdmin,
           .status = 201}),
      Adapter<NoParameters, SpaceView>::TakesQuery<&RollbackSpace>(
          {.method = "POST",
           .path = "/v1/embedding-spaces/rollback",
           .name = "rollbackSpace",
           .summary = "Let the space serve that served before, at once.",
           .access = Access::kAdmin}),
      Adapter<NoParameters, SpaceView>::TakesQuery<&GetSpace>(
          {.method = "GET",
           .path = "/v1/embedding-spaces/{space}",
           .name = "getSpace",
           .summary = "One embedding space, and how complete it is.",
           .access = Access::kAdmin}),
      Adapter<VerifyRequest, VerificationView>::TakesBody<&VerifySpace>(
          {.method = "POST",
           .path = "/v1/embedding-spaces/{space}/verify",
           .name = "verifySpace",
           .summary = "Is it complete, and does it find what the active one finds?",
           .access = Access::kAdmin}),
      Adapter<ActivateRequest, SpaceView>::TakesBody<&ActivateSpace>(
          {.method = "POST",
           .path = "/v1/embedding-spaces/{space}/activate",
           .name = "activateSpace",
           .summary = "Let it serve. The one that served is kept up to date.",
           .access = Access::kAdmin}),
      Adapter<NoParameters, WorkCount>::TakesQuery<&RetrySpace>(
          {.method = "POST",
           .path = "/v1/embedding-spaces/{space}/retry",
           .name = "retrySpace",
           .summary = "Try again what was given up.",
           .access = Access::kAdmin}),
      Adapter<NoParameters, WorkCount>::TakesQuery<&BackfillSpace>(
          {.method = "POST",
           .path = "/v1/embedding-spaces/{space}/backfill",
           .name = "backfillSpace",
           .summary = "Queue what has neither a vector nor work.",
           .access = Access::kAdmin}),
      Adapter<FailureRequest, FailurePage>::TakesQuery<&ListFailures>(
          {.method = "GET",
           .path = "/v1/embedding-spaces/{space}/failures",
           .name = "listFailures",
           .summary = "What was given up, and why.",
           .access = Access::kAdmin}),
      Adapter<NoParameters, SpaceView>::TakesQuery<&RetireSpace>(
          {.method = "DELETE",
           .path = "/v1/embedding-spaces/{space}",
           .name = "retireSpace",
           .summary = "Its vectors go. Not of the one that serves.",
           .access = Access::kAdmin}),
  };
}

std::vector<Operation> ServerOperations() {
  return {
      {.method = "GET",
       .path = "/health/live",
       .name = "healthLive",
       .summary = "The process answers.",
       .access = Access::kOpen,
       .responses = {&TypeOf<Health>()},
       .raw = &LiveHealth},
      {.method = "GET",
       .path = "/health/ready",
       .name = "healthReady",
       .summary = "Requests can be served: 200, else 503.",
       .access = Access::kOpen,
       .responses = {&TypeOf<Health>()},
       .raw = &ReadyHealth},
      {.method = "GET",
       .path = "/health/comprehensive",
       .name = "healthComprehensive",
       .summary = "Every part, and what is known about it.",
       .responses = {&TypeOf<Health>()},
       .raw = &ComprehensiveHealth},
      {.method = "GET",
       .path = "/metrics",
       .name = "metrics",
       .summary = "Numbers for Prometheus.",
       .raw = &PrintMetrics},
      {.method = "GET",
       .path = "/openapi.json",
       .name = "openapi",
       .summary = "This description.",
       .access = Access::kOpen,
       .responses = {&TypeOf<boost::json::object>()},
       .raw = &PrintOpenApi},
  };
}

}  // namespace

std::span<const Operation> Operations() {
  static const std::vector<Operation> all = [] {
    std::vector<Operation> rows;
    for (auto part : {BrainOperations(), EpisodeOperations(), KeyOperations(), SpaceOperations(),
                      ServerOperations()})
      rows.insert(rows.end(), part.begin(), part.end());
    return rows;
  }();
  return all;
}

}  // namespace nexus::api
