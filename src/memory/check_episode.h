// What an episode must be to be stored.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "domain/episode.h"

namespace nexus::memory {

// The rules of domain/episode.h, and that its text is not blank. Pure.
std::optional<Error> CheckEpisode(const Episode& episode, const std::string& pointer,
                                  Timestamp now);

}  // namespace nexus::memory
