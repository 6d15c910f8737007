#include "base/json.h"

#include <gtest/gtest.h>

#include <boost/json/value.hpp>

namespace nexus {
namespace {

TEST(JsonTest, DoublesLookLikeDoublesAndReadBackTheSame) {
  auto value = ParseJson(R"({"a":1.0,"b":0.1,"c":1e300,"d":7,"e":"ñ"})");
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(SerializeJson(*value), R"({"a":1.0,"b":0.1,"c":1e+300,"d":7,"e":"ñ"})");
}

struct Refusal {
  std::string_view text;
  std::string_view field;
};

TEST(JsonTest, WhatIsNotStrictJsonIsRefusedAndThePlaceNamed) {
  using namespace std::string_view_literals;
  for (const Refusal& refusal :
       {Refusal{R"({"a":1,"a":2})", "/a"}, Refusal{"{\"a\":\"\xff\"}", "/a"},
        Refusal{R"({"a":["x","\u0000"]})", "/a/1"}, Refusal{R"({"a":"\ud800"})", "/a"}}) {
    auto value = ParseJson(refusal.text);
    ASSERT_FALSE(value) << refusal.text;
    EXPECT_EQ(value.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(value.error().field, refusal.field) << refusal.text;
  }
  EXPECT_FALSE(ParseJson(""));
  EXPECT_FALSE(ParseJson("{} {}"));
  EXPECT_FALSE(ParseJson(std::string(65, '[') + std::string(65, ']')));
  EXPECT_TRUE(ParseJson(std::string(64, '[') + std::string(64, ']')));
}

TEST(JsonTest, HalfOfASurrogatePairIsCalledThat) {
  auto message = [](std::string_view text) { return ParseJson(text).error().message; };
  for (std::string_view text :
       {R"("\ud800")", R"("\uD9abx")", R"("\udc00")", R"("\ud800\ud800")", R"("\\\udbff")"}) {
    EXPECT_TRUE(message(text).contains("without its partner")) << message(text);
  }
  EXPECT_FALSE(message("\"\\\\ud800\x01\"").contains("without its partner"));
  EXPECT_TRUE(ParseJson(R"("\ud83d\ude00")"));
}

TEST(JsonTest, MoreValuesThanTheLimitAreRefused) {
  EXPECT_TRUE(ParseJson(R"({"a":[1,2]})", {.max_values = 4}));
  auto value = ParseJson(R"({"a":[1,2,3]})", {.max_values = 3});
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().message.find("more than 3 values"), std::string::npos);
}

}  // namespace
}  // namespace nexus
