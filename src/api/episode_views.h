// Episodes as they travel over the API, to and from domain/episode.h.
#pragma once

#include <boost/json/object.hpp>
#include <vector>

#include "api/shapes.h"
#include "base/error.h"
#include "domain/episode.h"

namespace nexus::api {

// `now` is when it happened unless it says. Id, created_at and version are the store's to give.
Episode ToEpisode(NewEpisode&& from, Timestamp now);

// `old` with a JSON merge patch (RFC 7396) applied, without id, created_at and version. The text of
// metadata that stays the same stays as it is. kInvalid for what would be no episode.
Result<Episode> Patched(Episode old, const boost::json::object& patch);

void Fill(EpisodeView& view, Episode&& from);
EpisodeView View(Episode&& episode);
std::vector<EpisodeView> Views(std::vector<Episode>&& episodes);

}  // namespace nexus::api
