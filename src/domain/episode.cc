#include "domain/episode.h"

#include <format>

namespace nexus {
namespace {

constexpr std::chrono::hours kFutureTolerance{24};

Error TooLong(const std::string& field, size_t size, size_t limit, const char* name) {
  return {ErrorCode::kTooLarge, std::format("{} bytes exceed the limit {} = {}", size, name, limit),
          field, "split the text, or keep the long form elsewhere and remember a reference"};
}

std::optional<Error> CheckLabel(const std::optional<std::string>& label, const std::string& field) {
  if (!label) return std::nullopt;
  if (label->empty()) return Error{ErrorCode::kInvalid, "must not be empty", field, "leave it out"};
  if (label->size() > kMaxLabelBytes) {
    return TooLong(field, label->size(), kMaxLabelBytes, "max_label_bytes");
  }
  return std::nullopt;
}

std::optional<Error> CheckTags(const std::vector<std::string>& tags, const std::string& pointer) {
  if (tags.size() > kMaxTags) {
    return Error{ErrorCode::kInvalid,
                 std::format("{} tags exceed the limit max_tags = {}", tags.size(), kMaxTags),
                 pointer + "/tags", "use fewer tags"};
  }
  for (size_t i = 0; i < tags.size(); ++i) {
    if (auto error = CheckLabel(tags[i], std::format("{}/tags/{}", pointer, i))) return error;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Error> Validate(const Episode& episode, const std::string& pointer, Timestamp now) {
  if (episode.content.size() > kMaxContentBytes) {
    return TooLong(pointer + "/content", episode.content.size(), kMaxContentBytes,
                   "max_content_bytes");
  }
  if (auto error = CheckLabel(episode.speaker, pointer + "/speaker")) return error;
  if (auto error = CheckLabel(episode.session_id, pointer + "/session_id")) return error;
  if (auto error = CheckLabel(episode.project_id, pointer + "/project_id")) return error;
  if (auto error = CheckTags(episode.tags, pointer)) return error;
  if (episode.metadata.size() > kMaxMetadataBytes) {
    return TooLong(pointer + "/metadata", episode.metadata.size(), kMaxMetadataBytes,
                   "max_metadata_bytes");
  }
  if (!(episode.importance_score >= 0 && episode.importance_score <= 1)) {
    return Error{ErrorCode::kInvalid, "must be between 0 and 1", pointer + "/importance_score", ""};
  }
  using namespace std::chrono;
  if (episode.occurred_at < sys_days(year(1) / 1 / 1)) {
    return Error{ErrorCode::kInvalid, "lies before the year 1", pointer + "/occurred_at", ""};
  }
  if (episode.occurred_at > now + kFutureTolerance) {
    return Error{ErrorCode::kInvalid, "lies more than a day in the future",
                 pointer + "/occurred_at",
                 "a memory is of something that happened; check the clock and the time zone"};
  }
  return std::nullopt;
}

}  // namespace nexus
