#include "postgres/error.h"

#include <gtest/gtest.h>

namespace nexus::postgres {
namespace {

TEST(PostgresErrorTest, WhatPassesByItselfIsUnavailableAndTheRestIsOurs) {
  for (const char* state : {"08006", "40P01", "53300", "57P01", "58030", "25006"}) {
    EXPECT_EQ(QueryError(state, "", "x").error().code, ErrorCode::kUnavailable) << state;
  }
  for (const char* state : {"08P01", "22001", "23505", "42703"}) {
    EXPECT_EQ(QueryError(state, "", "x").error().code, ErrorCode::kInternal) << state;
  }
}

TEST(PostgresErrorTest, AFullDiskIsNotHelpedByTryingAgainAlone) {
  const std::string full = "could not extend file \"base/5/16402\": No space left on device";
  const std::string wanted = "free some space on the disk of PostgreSQL, then try again";
  EXPECT_EQ(QueryError("53100", "", full).error().remedy, wanted);
  EXPECT_EQ(ConnectionLost("PostgreSQL: " + full, false).error().remedy, wanted);
  EXPECT_EQ(ConnectionLost("PostgreSQL did not answer in time", true).error().remedy, "try again");
}

}  // namespace
}  // namespace nexus::postgres
