// The question's two arms, fused and ranked.
#pragma once

#include <vector>

#include "recall/brain_index.h"
#include "recall/episode_table.h"

namespace nexus::recall {

// As BrainIndex::Search promises. Pure; time and space are linear in the brain's passages and
// vectors.
std::vector<Hit> Rank(const EpisodeTable& episodes, const Question& question);

}  // namespace nexus::recall
