#include "memory/check_episode.h"

#include "text/normalize.h"

namespace nexus::memory {

std::optional<Error> CheckEpisode(const Episode& episode, const std::string& pointer,
                                  Timestamp now) {
  if (auto error = Validate(episode, pointer, now)) return error;
  if (text::IsBlank(episode.content)) {
    return Error{ErrorCode::kInvalid, "must not be blank", pointer + "/content", ""};
  }
  return std::nullopt;
}

}  // namespace nexus::memory
