#include "text/indexed_text.h"

#include <gtest/gtest.h>

namespace nexus::text {
namespace {

std::string SaidAt(std::string_view time) {
  return IndexedText("Melanie", ParseTimestamp(time).value(), "Hola");
}

TEST(IndexedTextTest, SaysWhoAndWhenOnATwelveHourClock) {
  EXPECT_EQ(SaidAt("2023-05-08T13:56:59Z"), "(1:56 pm on 8 May, 2023) Melanie said, \"Hola\"");
  EXPECT_EQ(SaidAt("2024-02-29T00:05:00Z"),
            "(12:05 am on 29 February, 2024) Melanie said, \"Hola\"");
  EXPECT_EQ(SaidAt("2023-12-31T12:00:00Z"),
            "(12:00 pm on 31 December, 2023) Melanie said, \"Hola\"");
  EXPECT_EQ(SaidAt("1969-09-01T11:59:00Z"),
            "(11:59 am on 1 September, 1969) Melanie said, \"Hola\"");
}

TEST(IndexedTextTest, TimesAreInUtc) {
  EXPECT_EQ(SaidAt("2023-05-08T23:30:00-02:00"), "(1:30 am on 9 May, 2023) Melanie said, \"Hola\"");
}

TEST(IndexedTextTest, WithoutASpeakerItIsTheTextAlone) {
  EXPECT_EQ(IndexedText(std::nullopt, Timestamp{}, "a \"note\""), "a \"note\"");
  EXPECT_EQ(IndexedText("", Timestamp{}, "a note"), "a note");
}

TEST(ContextTextTest, TurnsFollowInTheGivenOrder) {
  const Turn turns[] = {{"Ana", "¿Vienes?"}, {"", "Hi"}};
  EXPECT_EQ(ContextText("Sí", turns), "Sí Context: Ana: ¿Vienes? : Hi");
  EXPECT_EQ(ContextText("Sí", {}), "Sí");
}

}  // namespace
}  // namespace nexus::text
