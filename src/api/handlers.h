// The handlers behind the rows of operations.cc: each parses, calls, answers.
#pragma once

#include "api/operation.h"

namespace nexus::api {

Task<Result<BrainView>> CreateBrain(Services& services, Call call, NewBrain request);
Task<Result<BrainPage>> ListBrains(Services& services, Call call, BrainListRequest request);
Task<Result<BrainView>> GetBrain(Services& services, Call call, NoParameters request);
Task<Result<boost::json::value>> DeleteBrain(Services& services, Call call,
                                             boost::json::value nothing);
Task<Result<StatsView>> GetStats(Services& services, Call call, NoParameters request);

// One NewEpisode or NewEpisodes in, one EpisodeReceipt or EpisodeReceipts out.
Task<Result<boost::json::value>> RememberEpisodes(Services& services, Call call,
                                                  boost::json::value body);
Task<Result<EpisodePage>> ListEpisodes(Services& services, Call call, ListRequest request);
Task<Result<EpisodeView>> GetEpisode(Services& services, Call call, NoParameters request);
Task<Result<boost::json::value>> DeleteEpisode(Services& services, Call call,
                                               boost::json::value nothing);
// An EpisodePatch in, an EpisodeView out.
Task<Result<boost::json::value>> ReviseEpisode(Services& services, Call call,
                                               boost::json::value body);
Task<Result<EpisodeView>> InvalidateEpisode(Services& services, Call call, Invalidation request);
Task<Result<RevisionPage>> ListRevisions(Services& services, Call call,
                                         RevisionListRequest request);
Task<Result<RecallAnswer>> RecallEpisodes(Services& services, Call call, RecallRequest request);

Task<Result<KeyMade>> CreateKey(Services& services, Call call, NewKey request);
Task<Result<KeyPage>> ListKeys(Services& services, Call call, NoParameters request);
Task<Result<boost::json::value>> RevokeKey(Services& services, Call call,
                                           boost::json::value nothing);

Task<http::Response> LiveHealth(Services& services, Call call);
Task<http::Response> ReadyHealth(Services& services, Call call);
Task<http::Response> ComprehensiveHealth(Services& services, Call call);
Task<http::Response> PrintMetrics(Services& services, Call call);
Task<http::Response> PrintOpenApi(Services& services, Call call);

}  // namespace nexus::api
