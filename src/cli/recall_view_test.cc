#include "cli/recall_view.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "cli/highlight.h"
#include "cli/layout.h"

namespace nexus::cli {
namespace {

boost::json::object Object(std::string_view text) { return boost::json::parse(text).as_object(); }

TEST(Highlighter, MarksWordsOfTheSameStemInEitherLanguage) {
  Highlighter highlighter("¿Cuánto costó la factura? the invoices");
  EXPECT_EQ(highlighter.Mark("Las facturas, y una INVOICE.", "<", ">"),
            "Las <facturas>, y una <INVOICE>.");
}

TEST(Highlighter, LeavesStopWordsAlone) {
  Highlighter highlighter("what is the name of the boat");
  EXPECT_EQ(highlighter.Mark("the boat", "<", ">"), "the <boat>");
}

TEST(RenderRecall, ShowsRankScoreTimeSpeakerIdAndText) {
  const std::string text = RenderRecall(
      Object(R"({"results":[{"id":"0193","content":"La barca se llama Xoubiña.","score":4.216,
                 "occurred_at":"2025-11-01T21:05:00Z","speaker":"Marta"}],
                 "degraded":[],"took_ms":3.21})"),
      "barca", Screen{.width = 60});
  EXPECT_EQ(text,
            " 1  4.22  2025-11-01 21:05  Marta  0193\n"
            "    La barca se llama Xoubiña.\n\n"
            "1 memory in 3.2 ms\n");
}

TEST(RenderRecall, SaysWhichArmWasMissingAndWhatToDoWhenNothingIsFound) {
  const std::string text =
      RenderRecall(Object(R"({"results":[],"degraded":["vectors"],"took_ms":1})"), "x", Screen{});
  EXPECT_TRUE(text.starts_with("Nothing was found by word")) << text;
  EXPECT_TRUE(text.contains("without vectors")) << text;
}

constexpr std::string_view kExplained =
    R"({"results":[{"id":"0193","content":"The ferry leaves.","score":5.0,"words":0.5,
        "meaning":0.7,"occurred_at":"2025-11-01T21:05:00Z",
        "explanation":{"words_rank":2,"meaning_rank":1,"session":0.3,"recency":0,"importance":0,
                       "matched_words":["ferry","leave"]}}],
        "degraded":[],"took_ms":3.21,"times":{"embed_ms":1,"search_ms":2,"fetch_ms":0.2}})";

TEST(RenderRecall, DrawsWhatEachPartOfAScoreAdded) {
  EXPECT_EQ(RenderRecall(Object(kExplained), "ferry", Screen{}),
            " 1  5.00  2025-11-01 21:05  0193\n"
            "    The ferry leaves.\n"
            "    words      ██░░░░░░░░░░░░░░░░░░  10 %  +0.50  0.50, no. 2\n"
            "    meaning    █████████████████░░░  84 %  +4.20  0.70, no. 1\n"
            "    session    █░░░░░░░░░░░░░░░░░░░   6 %  +0.30\n"
            "    matched    ferry, leave\n\n"
            "1 memory in 3.2 ms · embed 1.0, search 2.0, rows 0.2 ms\n");
}

TEST(RenderRecall, DrawsInAsciiWhereThereIsNoUtf8) {
  const std::string text = RenderRecall(Object(kExplained), "ferry", Screen{.utf8 = false});
  EXPECT_TRUE(text.contains("meaning    #################---  84 %")) << text;
  EXPECT_TRUE(std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; })) << text;
}

TEST(RenderRecall, SaysWhatIsSaidOfAnArmThatDidNotFindIt) {
  const std::string text =
      RenderRecall(Object(R"({"results":[{"id":"0193","content":"x","score":0.4,"words":0.4,
                 "occurred_at":"2025-11-01T21:05:00Z","explanation":{"words_rank":1}}],
                 "degraded":["vectors"],"took_ms":1})"),
                   "x", Screen{});
  EXPECT_TRUE(text.contains("100 %  +0.40  0.40, no. 1")) << text;
  EXPECT_TRUE(text.contains("0 %  +0.00  not found by it")) << text;
}

TEST(Excerpt, ShowsThePartThatMatchedAndSaysWhatIsLeftOut) {
  const std::string content = std::string(1000, 'a') + " ñandú " + std::string(1000, 'b');
  EXPECT_EQ(Excerpt(content, 1001, 1008), "… ñandú …");
  EXPECT_EQ(Excerpt(content, 1002, 1008), "… andú …");
  EXPECT_EQ(Excerpt(content, 1001, 1010), "… ñandú …");
  EXPECT_EQ(Excerpt("short", 1, 2), "short");
}

}  // namespace
}  // namespace nexus::cli
