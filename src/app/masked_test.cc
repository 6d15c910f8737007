#include "app/masked.h"

#include <gtest/gtest.h>

namespace nexus::app {
namespace {

TEST(MaskPasswords, LeavesEverythingButThePassword) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", ""},
      {"host=db user=ana", "host=db user=ana"},
      {"host=db password=hush user=ana", "host=db password=*** user=ana"},
      {"password = 'a b\\' c'  dbname='x y'", "password=*** dbname='x y'"},
      {"postgresql://ana:hush@db:5432/nexus", "postgresql://ana:***@db:5432/nexus"},
      {"postgresql://ana:h@u/s?h@db/nexus", "postgresql://ana:***@db/nexus"},
      {"postgresql://ana@db/nexus", "postgresql://ana@db/nexus"},
      {"postgresql://db/nexus?user=ana&password=hush&sslmode=require",
       "postgresql://db/nexus?user=ana&password=***&sslmode=require"},
      {"redis://:hush@127.0.0.1:6379/0", "redis://:***@127.0.0.1:6379/0"},
      {"unix:///run/redis.sock", "unix:///run/redis.sock"},
  };
  for (const auto& [text, shown] : cases) EXPECT_EQ(MaskPasswords(text), shown) << text;
}

TEST(MaskPasswords, ShowsNothingOfADsnThatItDoesNotUnderstand) {
  for (std::string_view text : {"hush", "host=db hush", "password='hush", "=hush", "password"}) {
    EXPECT_EQ(MaskPasswords(text), "***") << text;
  }
}

TEST(Shown, MasksAUriInASettingThatIsNoSecret) {
  EXPECT_EQ(Shown({.name = "port"}, "http://a:hush@b"), "http://a:***@b");
  EXPECT_EQ(Shown({.name = "port"}, "8002"), "8002");
  EXPECT_EQ(Shown({.name = "database", .secret = true}, "password=hush"), "password=***");
}

}  // namespace
}  // namespace nexus::app
