#include "memory/refusal.h"

#include <array>
#include <string_view>

namespace nexus::memory {
namespace {

struct Rule {
  std::string_view constraint;
  ErrorCode code;
  const char* field;
  const char* message;
};

// The named constraints of migrations/0001_foundation.sql.
constexpr std::array kRules = {
    Rule{"content_not_blank", ErrorCode::kInvalid, "/content", "must not be blank"},
    Rule{"content_at_most_1_mib", ErrorCode::kTooLarge, "/content", "is longer than 1 MiB"},
    Rule{"occurred_at_in_range", ErrorCode::kInvalid, "/occurred_at",
         "must lie between the years 1 and 9999"},
    Rule{"importance_score_in_range", ErrorCode::kInvalid, "/importance_score",
         "must be between 0 and 1"},
    Rule{"tags_plain", ErrorCode::kInvalid, "/tags", "must be a plain list of texts"},
    Rule{"session_id_not_empty", ErrorCode::kInvalid, "/session_id", "must not be empty"},
    Rule{"speaker_not_empty", ErrorCode::kInvalid, "/speaker", "must not be empty"},
    Rule{"metadata_is_object", ErrorCode::kInvalid, "/metadata", "must be a JSON object"},
};

}  // namespace

Error ToError(const postgres::QueryError& refusal, bool batch) {
  if (refusal.sqlstate() == "23503") {
    return {ErrorCode::kNotFound, "the brain does not exist", "", "list the brains"};
  }
  if (refusal.sqlstate() == "55P03") {  // only a claimed key is waited for with a bound
    return {ErrorCode::kStillRunning,
            "the first request with this Idempotency-Key is still running", "",
            "send it again: its answer will be the same"};
  }
  for (const Rule& rule : kRules) {
    if (refusal.constraint() != rule.constraint) continue;
    if (!batch) return {rule.code, rule.message, rule.field, ""};
    return {rule.code, std::format("an episode's {} {}", rule.field + 1, rule.message), "/episodes",
            ""};
  }
  if (refusal.sqlstate().starts_with("22")) {
    return {ErrorCode::kInvalid,
            std::format("PostgreSQL cannot store a value: {}", refusal.error().message),
            batch ? "/episodes" : "", ""};
  }
  return refusal.error();
}

Error ToError(const postgres::ConnectionLost& loss) {
  if (!loss.outcome_unknown()) return loss.error();
  return {ErrorCode::kUnavailable,
          "the connection to PostgreSQL was lost in COMMIT: whether the write is stored is unknown",
          "", "send it again: with the same Idempotency-Key it has one effect"};
}

}  // namespace nexus::memory
