// What a recall found, for people. Pure.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

#include "cli/terminal.h"

namespace nexus::cli {

// Each memory with its rank, score, time, speaker and id, and its text wrapped to the screen, the
// words that the question has too in bold. Of a long text, the part that matched best. Then how
// long it took, and which arm was missing; or, if nothing was found, what may help.
std::string RenderRecall(const boost::json::object& answer, std::string_view question,
                         const Screen& screen);

// The lines of the content that are shown: all of a short one, else those around bytes
// [begin, end), with "…" where something is left out.
std::string Excerpt(std::string_view content, size_t begin, size_t end);

}  // namespace nexus::cli
