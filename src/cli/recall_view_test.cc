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

TEST(Excerpt, ShowsThePartThatMatchedAndSaysWhatIsLeftOut) {
  const std::string content = std::string(1000, 'a') + " ñandú " + std::string(1000, 'b');
  EXPECT_EQ(Excerpt(content, 1001, 1008), "… ñandú …");
  EXPECT_EQ(Excerpt(content, 1002, 1008), "… andú …");
  EXPECT_EQ(Excerpt(content, 1001, 1010), "… ñandú …");
  EXPECT_EQ(Excerpt("short", 1, 2), "short");
}

}  // namespace
}  // namespace nexus::cli
