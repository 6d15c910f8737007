#include "memory/refusal.h"

#include <gtest/gtest.h>

namespace nexus::memory {
namespace {

using postgres::ConnectionLost;
using postgres::QueryError;

TEST(RefusalTest, AConstraintNamesItsField) {
  const Error error = ToError(QueryError("23514", "content_not_blank", "…"), false);
  EXPECT_EQ(error.code, ErrorCode::kInvalid);
  EXPECT_EQ(error.field, "/content");
}

TEST(RefusalTest, InABatchTheEpisodeAtFaultIsNotKnown) {
  const Error error = ToError(QueryError("23514", "content_at_most_1_mib", "…"), true);
  EXPECT_EQ(error.code, ErrorCode::kTooLarge);
  EXPECT_EQ(error.field, "/episodes");
}

TEST(RefusalTest, AVanishedBrainIsNotFoundAndADeadlockPassesByItself) {
  EXPECT_EQ(ToError(QueryError("23503", "episodes_brain_id_fkey", "…"), false).code,
            ErrorCode::kNotFound);
  EXPECT_EQ(ToError(QueryError("40P01", "", "deadlock"), false).code, ErrorCode::kUnavailable);
  EXPECT_EQ(ToError(QueryError("42601", "", "syntax"), false).code, ErrorCode::kInternal);
}

TEST(RefusalTest, WhatPassesByItselfIsUnavailableAlsoToThoseWhoOnlyRead) {
  for (const char* sqlstate : {"57P01", "57P03", "57014", "08006", "53300", "40001", "25006"}) {
    const QueryError refusal(sqlstate, "", "not now");
    EXPECT_EQ(refusal.error().code, ErrorCode::kUnavailable) << sqlstate;
    EXPECT_EQ(refusal.error().remedy, "try again") << sqlstate;
  }
  EXPECT_EQ(QueryError("08P01", "", "too few parameters").error().code, ErrorCode::kInternal);
}

TEST(RefusalTest, OnlyALossInCommitLeavesTheOutcomeUnknown) {
  EXPECT_EQ(ToError(ConnectionLost("gone", false)).message, "gone");
  const Error unknown = ToError(ConnectionLost("gone", true));
  EXPECT_EQ(unknown.code, ErrorCode::kUnavailable);
  EXPECT_NE(unknown.message.find("unknown"), std::string::npos);
  EXPECT_NE(unknown.remedy.find("Idempotency-Key"), std::string::npos);
}

}  // namespace
}  // namespace nexus::memory
