// Something that happened: immutable text plus metadata.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "base/uuid.h"

namespace nexus {

inline constexpr size_t kMaxContentBytes = 1 << 20;
inline constexpr size_t kMaxLabelBytes = 256;  // speaker, session_id, project_id, one tag
inline constexpr size_t kMaxTags = 64;
inline constexpr size_t kMaxMetadataBytes = 64 << 10;
inline constexpr size_t kMaxMetadataTests = 32;      // members in a filter's metadata
inline constexpr size_t kMaxBatch = 500;             // episodes in one write
inline constexpr size_t kMaxAnswerBytes = 16 << 20;  // of contents in one answer; then it ends

struct Episode {
  Uuid id;
  std::string content;
  Timestamp occurred_at;
  Timestamp created_at;
  double importance_score = 0.5;  // 0..1
  std::vector<std::string> tags;
  std::optional<std::string> project_id;
  std::optional<std::string> session_id;
  std::optional<std::string> speaker;
  std::string metadata = "{}";  // a JSON object
  int64_t version = 1;
  std::optional<Timestamp> invalidated_at;  // from then on it is kept, and neither found nor listed
  std::optional<Uuid> superseded_by;        // the episode that holds instead

  bool operator==(const Episode&) const = default;
};

// What may be stored; what is refused is refused before anything is stored.
// `pointer` is where the episode stands in the request ("" or "/episodes/3").
// kTooLarge for too many bytes, kInvalid for the rest; the field is named.
std::optional<Error> Validate(const Episode& episode, const std::string& pointer, Timestamp now);

}  // namespace nexus
