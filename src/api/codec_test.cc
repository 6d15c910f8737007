#include "api/codec.h"

#include <gtest/gtest.h>

#include "api/cursor.h"
#include "api/shapes.h"
#include "base/json.h"

namespace nexus::api {
namespace {

template <typename T>
Result<T> ReadText(std::string_view text) {
  return FromJson<T>(ParseJson(text).value());
}

Error Refusal(std::string_view text) {
  auto episode = ReadText<NewEpisode>(text);
  return episode ? Error{} : episode.error();
}

TEST(CodecTest, AWholeNumberMayBeWrittenWithAFraction) {
  EXPECT_EQ(ReadText<RecallRequest>(R"({"query":"x","limit":7.0})").value().limit, 7);
  for (const char* limit : {"7.5", "1e300", "18446744073709551615", "\"7\"", "0", "1001"}) {
    auto request = ReadText<RecallRequest>(std::format(R"({{"query":"x","limit":{}}})", limit));
    ASSERT_FALSE(request) << limit;
    EXPECT_EQ(request.error().field, "/limit") << limit;
  }
}

TEST(CodecTest, TooManyItemsAreInvalidAndTooLongALabelIsTooLarge) {
  std::string tags = "\"t\"";
  for (size_t i = 0; i < kMaxTags; ++i) tags += ",\"t\"";
  const Error many = Refusal(R"({"content":"x","tags":[)" + tags + "]}");
  EXPECT_EQ(many.code, ErrorCode::kInvalid);
  EXPECT_EQ(many.field, "/tags");
  const std::string label(kMaxLabelBytes + 1, 's');
  const Error speaker = Refusal(R"({"content":"x","speaker":")" + label + "\"}");
  EXPECT_EQ(speaker.code, ErrorCode::kTooLarge);
  EXPECT_EQ(speaker.field, "/speaker");
  EXPECT_EQ(Refusal(R"({"content":"x","tags":["a",")" + label + "\"]}").field, "/tags/1");
}

TEST(CursorTest, APlaceComesBackAndAnythingElseIsRefused) {
  EXPECT_EQ(ReadCursor(MakeCursor("Ana.2_b-c")).value(), "Ana.2_b-c");
  for (const char* cursor : {"", "f", "zz", "00", "ff", "c3b1", "7f", "1f"}) {
    EXPECT_FALSE(ReadCursor(cursor)) << cursor;
  }
  EXPECT_EQ(ReadNumberCursor(MakeCursor("999999999999999999")).value(), 999999999999999999);
  for (const char* number : {"-1", "+1", "1.0", "1000000000000000000"}) {
    EXPECT_FALSE(ReadNumberCursor(MakeCursor(number))) << number;
  }
}

}  // namespace
}  // namespace nexus::api
