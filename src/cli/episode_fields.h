// What the command line can say about an episode: flags in, members of a request out.
#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/flags.h"

namespace nexus::cli {

// Not given is not said.
struct EpisodeFields {
  std::optional<std::string> content, speaker, session, at, project, metadata;
  std::vector<std::string> tags;
  std::optional<double> importance;
};

// Everything but the content.
void AddEpisodeFields(Flags& command, EpisodeFields& given);

// What was given, under the names of the HTTP interface. Throws Failure(kInvalid) if it is not
// UTF-8, or if the metadata are no JSON object.
boost::json::object ToJson(const EpisodeFields& given);

// stdin to its end, without the line break there: that is the shell's, not the text's. Throws
// Failure(kTooLarge) beyond kMaxContentBytes.
std::string ReadText();

// The JSON object that a flag was given. Throws Failure(kInvalid) with an example of one.
boost::json::object ReadObject(std::string_view text, std::string_view flag,
                               std::string_view example);

// "/v1/brains/BRAIN/episodes/ID" + rest. Throws Failure(kInvalid) if the id is not UTF-8.
std::string EpisodeTarget(std::string_view brain, std::string_view id, std::string_view rest = {});

}  // namespace nexus::cli
