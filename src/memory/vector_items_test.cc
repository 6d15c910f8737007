#include "memory/vector_items.h"

#include <gtest/gtest.h>

namespace nexus::memory {
namespace {

const Uuid kFirst{{1}}, kSecond{{2}};

store::StoredVector Chunk(Uuid item, uint32_t number, int64_t generation) {
  return {item, number, number * 10, number * 10 + 10, 1, generation, {1, 0}};
}

TEST(VectorItemsTest, AnItemThatGoesOnInTheNextPageStaysWhole) {
  VectorItems items;
  auto completed = items.Add({Chunk(kFirst, 0, 7), Chunk(kSecond, 0, 8)});
  ASSERT_EQ(completed.size(), 1u);
  EXPECT_EQ(completed[0].item, kFirst);
  EXPECT_TRUE(items.Add({Chunk(kSecond, 1, 8)}).empty());
  completed = items.Finish();
  ASSERT_EQ(completed.size(), 1u);
  EXPECT_EQ(completed[0].generation, 8);
  EXPECT_EQ(completed[0].chunks.size(), 2u);
}

TEST(VectorItemsTest, AnItemEmbeddedAnewBetweenTwoPagesIsTorn) {
  VectorItems items;
  items.Add({Chunk(kFirst, 0, 7)});
  items.Add({Chunk(kFirst, 1, 9)});
  EXPECT_TRUE(items.Finish().empty());
  EXPECT_EQ(items.TakeTorn(), std::vector<Uuid>{kFirst});
  EXPECT_TRUE(items.TakeTorn().empty());
}

TEST(VectorItemsTest, NothingInNothingOut) {
  VectorItems items;
  EXPECT_TRUE(items.Add({}).empty());
  EXPECT_TRUE(items.Finish().empty());
}

}  // namespace
}  // namespace nexus::memory
