#include "app/conninfo.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace nexus::app {
namespace {

TEST(ConninfoTest, EveryRoleCommitsDurablyWhateverTheFormOfTheDsn) {
  EXPECT_EQ(ConninfoAs("host=db dbname=n", "nexus_api"),
            "host=db dbname=n options='-c role=nexus_api -c synchronous_commit=on'");
  EXPECT_EQ(ConninfoAs("postgresql://u@db/n", "nexus_api"),
            "postgresql://u@db/n?options=-c%20role%3Dnexus_api%20-c%20synchronous_commit%3Don");
  EXPECT_EQ(ConninfoAs("postgres://u@db/n?sslmode=require", "nexus_relay"),
            "postgres://u@db/n?sslmode=require&options=-c%20role%3Dnexus_relay%20-c%20"
            "synchronous_commit%3Don");
  EXPECT_EQ(PrivateConninfoAs("host=/run", "nexus_embedder"),
            "host=/run user=nexus_embedder options='-c synchronous_commit=on'");
}

TEST(ConninfoTest, OptionsOfTheDsnAreRefusedAndNotLost) {
  for (const char* dsn :
       {"options='-c x=1'", "host=db options='-c x=1'", "postgres://db/n?options=-cx",
        "postgresql://db/n?sslmode=require&options=-cx"}) {
    EXPECT_THROW(ConninfoAs(dsn, "nexus_api"), Failure) << dsn;
  }
  EXPECT_NO_THROW(ConninfoAs("host=db user=nooptions=1", "nexus_api"));
  EXPECT_NO_THROW(ConninfoAs("postgres://u:options=@db/n", "nexus_api"));
}

}  // namespace
}  // namespace nexus::app
