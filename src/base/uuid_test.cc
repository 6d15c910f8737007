#include "base/uuid.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace nexus {
namespace {

class HandClock final : public Clock {
 public:
  Timestamp Now() const override { return now; }
  Timestamp now{std::chrono::milliseconds(1'700'000'000'000)};
};

TEST(UuidTest, TextRoundTripsInLowerCase) {
  auto id = ParseUuid("0193A5C8-7B2F-7000-8000-00000000ABCD");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->ToString(), "0193a5c8-7b2f-7000-8000-00000000abcd");
}

TEST(UuidTest, OtherFormsAreRefused) {
  for (std::string_view text :
       {"", "0193a5c87b2f7000800000000000abcd", "0193a5c8-7b2f-7000-8000-00000000abcg",
        "0193a5c8+7b2f-7000-8000-00000000abcd", "0193a5c8-7b2f-7000-8000-00000000abcd0"}) {
    EXPECT_FALSE(ParseUuid(text)) << text;
  }
}

TEST(UuidGeneratorTest, IdsRiseAlsoWhenTheClockStandsStillOrGoesBack) {
  HandClock clock;
  UuidGenerator generator(clock);
  Uuid last = generator.Next();
  for (int i = 0; i < 10'000; ++i) {  // more than the 4,096 of one millisecond's counter
    if (i == 5'000) clock.now -= std::chrono::hours(1);
    Uuid next = generator.Next();
    ASSERT_LT(last, next);
    last = next;
  }
  EXPECT_EQ(last.bytes[6] >> 4, 7);
  EXPECT_EQ(last.bytes[8] >> 6, 2);
}

TEST(UuidGeneratorTest, TheFirst48BitsAreTheMilliseconds) {
  HandClock clock;
  EXPECT_EQ(UuidGenerator(clock).Next().ToString().substr(0, 13), "018bcfe5-6800");
}

TEST(BytesTest, DigestIsTheStandardOne) {  // FIPS 180-2, appendix B.1
  EXPECT_EQ(ToHex(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(BytesTest, TokensAreUrlSafeAndDiffer) {
  std::string token = RandomToken(32);
  EXPECT_EQ(token.size(), 43u);
  EXPECT_EQ(
      token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
      std::string::npos);
  EXPECT_NE(token, RandomToken(32));
}

}  // namespace
}  // namespace nexus
