#include "text/normalize.h"

#include <gtest/gtest.h>

namespace nexus::text {
namespace {

TEST(IsBlankTest, OnlyWhiteSpaceOfAnyScriptIsBlank) {
  for (std::string_view blank : {"", " ", "\t\r\n", "\u00A0\u2003\u3000\u2028"}) {
    EXPECT_TRUE(IsBlank(blank)) << blank;
  }
  for (std::string_view text : {"a", " ñ ", "\u200B", "\u0301"})
    EXPECT_FALSE(IsBlank(text)) << text;
}

TEST(QueryKeyTest, SpacingAndCompositionDoNotMatter) {
  EXPECT_EQ(QueryKey("  ¿Que\u0301  pasó\n\u3000ayer? "), "¿Qué pasó ayer?");
  EXPECT_EQ(QueryKey("\u00A0"), "");
  EXPECT_NE(QueryKey("ayer"), QueryKey("Ayer"));
}

}  // namespace
}  // namespace nexus::text
