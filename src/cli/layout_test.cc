#include "cli/layout.h"

#include <gtest/gtest.h>

#include "cli/answer.h"

namespace nexus::cli {
namespace {

using Lines = std::vector<std::string>;

TEST(DisplayWidth, CountsCellsNotBytes) {
  EXPECT_EQ(DisplayWidth("niño"), 4u);
  EXPECT_EQ(DisplayWidth("記憶"), 4u);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1u);
  EXPECT_EQ(DisplayWidth("🐝"), 2u);
}

TEST(Wrap, BreaksAtSpacesAndKeepsLineBreaks) {
  EXPECT_EQ(Wrap("uno dos tres\n\ncuatro", 8), (Lines{"uno dos", "tres", "", "cuatro"}));
}

TEST(Wrap, BreaksALongWordBetweenCodePoints) {
  EXPECT_EQ(Wrap("añañañ", 4), (Lines{"añañ", "añ"}));
  EXPECT_EQ(Wrap("記憶記憶", 5), (Lines{"記憶", "記憶"}));
}

TEST(Wrap, GivesOneEmptyLineForNothing) { EXPECT_EQ(Wrap(" \n", 10), Lines{""}); }

TEST(Wrap, LetsNoControlCharacterThrough) {
  EXPECT_EQ(Wrap("a\x1b[31m\xff", 20), Lines{"a\uFFFD[31m\uFFFD"});
}

TEST(Cut, RunsWhiteSpaceTogetherAndSaysThatItCut) {
  EXPECT_EQ(Cut("  uno \n dos ", 10), "uno dos");
  EXPECT_EQ(Cut("uno dos tres", 8), "uno dos…");
  EXPECT_EQ(Cut("記憶記憶", 6), "記憶…");
}

TEST(Table, AlignsWideCharactersAndNumbers) {
  Table table({{"name"}, {"count", true}, {"text"}});
  table.Add({"記憶", "7", "uno"});
  table.Add({"ana", "1234", "a text that is longer than the screen is wide"});
  const Screen screen{.width = 30};
  EXPECT_EQ(table.Render(screen),
            "name  count  text\n"
            "記憶      7  uno\n"
            "ana    1234  a text that is l…\n");
}

TEST(ShortTime, KeepsDateAndMinute) {
  EXPECT_EQ(ShortTime("2026-03-04T18:40:12.5Z"), "2026-03-04 18:40");
  EXPECT_EQ(ShortTime(""), "");
}

// U+009B begins an escape sequence as ESC [ does.
TEST(Harmless, LetsNothingSteerTheTerminal) {
  EXPECT_EQ(Harmless("a\x1b[31mb\u009b1m\u202Ec\nd\x7f"), "a\uFFFD[31mb\uFFFD1m\uFFFDc\nd\uFFFD");
  EXPECT_EQ(EscapeControls("{\"a\":\"é\u009b\u202E\x7f\"}"), "{\"a\":\"é\\u009b\\u202e\\u007f\"}");
}

}  // namespace
}  // namespace nexus::cli
