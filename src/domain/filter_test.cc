#include "domain/filter.h"

#include <gtest/gtest.h>

namespace nexus {
namespace {

using Relation = MetadataTest::Relation;

Timestamp Day(int day) { return Timestamp(std::chrono::days(day)); }

Episode Sample() {
  return {.content = "text",
          .occurred_at = Day(10),
          .importance_score = 0.5,
          .tags = {"boat", "sea"},
          .project_id = "atlas",
          .session_id = "s1",
          .speaker = "Ana",
          .metadata =
              R"({"year":2020,"big":9007199254740993,"city":"Vigo","open":true,"none":null,)"
              R"("sizes":[3,"XL"],"deep":{"year":1}})"};
}

bool SamplePasses(const EpisodeFilter& filter) { return Passes(AttributesOf(Sample()), filter); }

bool SamplePasses(const std::string& key, Relation relation, MetadataValue value) {
  return SamplePasses({.metadata = {{key, relation, std::move(value)}}});
}

TEST(FilterTest, TheEmptyFilterPassesEverything) {
  EXPECT_TRUE(EpisodeFilter().passes_everything());
  EXPECT_TRUE(SamplePasses(EpisodeFilter()));
  EXPECT_TRUE(Passes(Attributes(), {}));
}

TEST(FilterTest, TagsAnyAllAndNone) {
  EXPECT_TRUE(SamplePasses({.tags_any = {"land", "sea"}}));
  EXPECT_FALSE(SamplePasses({.tags_any = {"land", "Sea"}}));
  EXPECT_TRUE(SamplePasses({.tags_all = {"sea", "boat"}}));
  EXPECT_FALSE(SamplePasses({.tags_all = {"sea", "land"}}));
  EXPECT_TRUE(SamplePasses({.tags_none = {"land"}}));
  EXPECT_FALSE(SamplePasses({.tags_none = {"land", "boat"}}));
}

TEST(FilterTest, LabelsMustBeEqualAndThere) {
  EXPECT_TRUE(SamplePasses({.project_id = "atlas", .session_id = "s1", .speaker = "Ana"}));
  EXPECT_FALSE(SamplePasses({.project_id = "Atlas"}));
  EXPECT_FALSE(SamplePasses({.session_id = "s"}));
  EXPECT_FALSE(SamplePasses({.speaker = "Bob"}));
  EXPECT_FALSE(Passes(Attributes(), {.speaker = "Ana"}));
}

TEST(FilterTest, TimesBeginWithinAndEndBefore) {
  EXPECT_TRUE(SamplePasses({.occurred_from = Day(10), .occurred_before = Day(11)}));
  EXPECT_FALSE(SamplePasses({.occurred_from = Day(11)}));
  EXPECT_FALSE(SamplePasses({.occurred_before = Day(10)}));
}

TEST(FilterTest, ImportanceIncludesItsBounds) {
  EXPECT_TRUE(SamplePasses({.min_importance = 0.5, .max_importance = 0.5}));
  EXPECT_FALSE(SamplePasses({.min_importance = 0.51}));
  EXPECT_FALSE(SamplePasses({.max_importance = 0.49}));
}

TEST(FilterTest, MetadataIsComparedByTypeAndValue) {
  EXPECT_TRUE(SamplePasses("year", Relation::kEqual, 2020.0L));
  EXPECT_FALSE(SamplePasses("year", Relation::kEqual, "2020"));
  EXPECT_TRUE(SamplePasses("city", Relation::kEqual, "Vigo"));
  EXPECT_TRUE(SamplePasses("open", Relation::kEqual, true));
  EXPECT_FALSE(SamplePasses("open", Relation::kEqual, 1.0L));
  EXPECT_TRUE(SamplePasses("none", Relation::kEqual, MetadataValue()));
  EXPECT_FALSE(SamplePasses("absent", Relation::kEqual, MetadataValue()));
  EXPECT_FALSE(SamplePasses("deep", Relation::kEqual, 1.0L));
}

TEST(FilterTest, IntegersThatADoubleWouldMixUpAreToldApart) {
  EXPECT_TRUE(SamplePasses("big", Relation::kEqual, 9007199254740993.0L));
  EXPECT_FALSE(SamplePasses("big", Relation::kEqual, 9007199254740992.0L));
}

TEST(FilterTest, RangesIncludeTheirEndsOrNot) {
  EXPECT_TRUE(SamplePasses("year", Relation::kAtLeast, 2020.0L));
  EXPECT_FALSE(SamplePasses("year", Relation::kGreater, 2020.0L));
  EXPECT_TRUE(SamplePasses("year", Relation::kAtMost, 2020.0L));
  EXPECT_FALSE(SamplePasses("year", Relation::kLess, 2020.0L));
  EXPECT_TRUE(SamplePasses("city", Relation::kGreater, "Lugo"));
  EXPECT_FALSE(SamplePasses("city", Relation::kGreater, 3.0L));
}

TEST(FilterTest, OneItemOfAListIsEnough) {
  EXPECT_TRUE(SamplePasses("sizes", Relation::kEqual, "XL"));
  EXPECT_TRUE(SamplePasses("sizes", Relation::kLess, 4.0L));
  EXPECT_FALSE(SamplePasses("sizes", Relation::kEqual, "L"));
}

TEST(FilterTest, AllThatIsSetMustHold) {
  EXPECT_FALSE(SamplePasses({.tags_any = {"sea"}, .speaker = "Bob"}));
  EXPECT_FALSE(SamplePasses(
      {.project_id = "atlas",
       .metadata = {{"year", Relation::kEqual, 2020.0L}, {"city", Relation::kEqual, "Lugo"}}}));
}

TEST(FilterTest, MetadataThatIsNoObjectCountsAsEmpty) {
  Episode episode = Sample();
  for (const char* metadata : {"[1]", "nonsense", ""}) {
    episode.metadata = metadata;
    EXPECT_TRUE(AttributesOf(episode).metadata.empty());
  }
}

}  // namespace
}  // namespace nexus
