#include "domain/episode.h"

#include <gtest/gtest.h>

#include <cmath>

namespace nexus {
namespace {

const Timestamp kNow = *ParseTimestamp("2026-11-24T12:00:00Z");

Episode Sound() {
  Episode episode;
  episode.content = "Ana prefiere el café sin azúcar";
  episode.occurred_at = kNow;
  return episode;
}

struct Fault {
  std::string field;
  ErrorCode code;
  void (*break_it)(Episode&);
};

TEST(EpisodeTest, ASoundOneIsAccepted) {
  Episode episode = Sound();
  episode.content = std::string(kMaxContentBytes, 'x');
  EXPECT_FALSE(Validate(episode, "", kNow));
}

TEST(EpisodeTest, EveryFaultNamesItsField) {
  for (const Fault& fault : {
           Fault{"/content", ErrorCode::kTooLarge,
                 [](Episode& e) { e.content.assign(kMaxContentBytes + 1, 'x'); }},
           Fault{"/speaker", ErrorCode::kInvalid, [](Episode& e) { e.speaker = ""; }},
           Fault{"/session_id", ErrorCode::kTooLarge,
                 [](Episode& e) { e.session_id = std::string(257, 's'); }},
           Fault{"/tags/1", ErrorCode::kInvalid, [](Episode& e) { e.tags = {"a", ""}; }},
           Fault{"/tags", ErrorCode::kInvalid,
                 [](Episode& e) { e.tags.assign(kMaxTags + 1, "t"); }},
           Fault{"/importance_score", ErrorCode::kInvalid,
                 [](Episode& e) { e.importance_score = NAN; }},
           Fault{"/importance_score", ErrorCode::kInvalid,
                 [](Episode& e) { e.importance_score = 1.01; }},
           Fault{"/occurred_at", ErrorCode::kInvalid,
                 [](Episode& e) { e.occurred_at = kNow + std::chrono::hours(25); }},
       }) {
    Episode episode = Sound();
    fault.break_it(episode);
    auto error = Validate(episode, "/episodes/3", kNow);
    ASSERT_TRUE(error) << fault.field;
    EXPECT_EQ(error->field, "/episodes/3" + fault.field);
    EXPECT_EQ(error->code, fault.code) << fault.field;
  }
}

}  // namespace
}  // namespace nexus
