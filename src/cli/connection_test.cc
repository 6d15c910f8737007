#include "cli/connection.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "cli/typed_time.h"

namespace nexus::cli {
namespace {

class ConnectionTest : public testing::Test {
 protected:
  ConnectionTest() {
    std::string name = (std::filesystem::temp_directory_path() / "nexus-cli-XXXXXX").native();
    folder_ = mkdtemp(name.data());
    Write("admin.key", "nx_admin\n");
    Write("flag.key", "nx_flag\n");
    Write("file.key", "nx_file\n");
  }
  ~ConnectionTest() override { std::filesystem::remove_all(folder_); }

  void Write(const char* name, const char* text) { std::ofstream(folder_ / name) << text; }
  std::string Path(const char* name) const { return (folder_ / name).native(); }

  Connection Resolved() const {
    return Resolve(
        given_,
        [this](const char* name) {
          auto found = environment_.find(name);
          return found == environment_.end() ? std::string() : found->second;
        },
        folder_);
  }

  std::filesystem::path folder_;
  ConnectionFlags given_;
  std::map<std::string, std::string> environment_;
};

TEST_F(ConnectionTest, TakesTheKeyThatIsNearest) {
  EXPECT_EQ(*Resolved().key, "nx_admin");
  environment_["NEXUS_KEY_FILE"] = Path("file.key");
  EXPECT_EQ(*Resolved().key, "nx_file");
  environment_["NEXUS_KEY"] = "nx_variable";
  EXPECT_EQ(*Resolved().key, "nx_variable");
  given_.key_file = Path("flag.key");
  EXPECT_EQ(*Resolved().key, "nx_flag");
}

TEST_F(ConnectionTest, KeepsThisMachinesAdminKeyToThisMachine) {
  given_.url = "http://10.1.2.3:8002";
  ASSERT_FALSE(Resolved().key);
  EXPECT_EQ(Resolved().key.error().code, ErrorCode::kUnauthorized);
  environment_["NEXUS_KEY"] = "nx_variable";
  EXPECT_EQ(*Resolved().key, "nx_variable");
}

TEST_F(ConnectionTest, NamesTheKeyFileThatIsMissing) {
  given_.key_file = Path("none.key");
  ASSERT_FALSE(Resolved().key);
  EXPECT_TRUE(Resolved().key.error().message.contains("none.key"));
}

TEST_F(ConnectionTest, FindsServerAndBrainByFlagThenEnvironmentThenDefault) {
  EXPECT_EQ(Resolved().url, "http://127.0.0.1:8002");
  EXPECT_EQ(Resolved().brain, "default");
  environment_["NEXUS_PORT"] = "9000";
  EXPECT_EQ(Resolved().url, "http://127.0.0.1:9000");
  environment_["NEXUS_URL"] = "http://localhost:9001";
  environment_["NEXUS_BRAIN"] = "ana";
  EXPECT_EQ(Resolved().url, "http://localhost:9001");
  EXPECT_EQ(Resolved().brain, "ana");
  given_.url = "http://localhost:9002";
  given_.brain = "eva";
  EXPECT_EQ(Resolved().url, "http://localhost:9002");
  EXPECT_EQ(Resolved().brain, "eva");
}

TEST(IsThisMachine, KnowsAddressesNotNamesThatBeginAlike) {
  for (const char* host : {"127.0.0.1", "127.1.2.3", "localhost", "::1"}) {
    EXPECT_TRUE(IsThisMachine(host)) << host;
  }
  for (const char* host : {"127.example.org", "127.0.0.1.example.org", "10.0.0.1", "128.0.0.1"}) {
    EXPECT_FALSE(IsThisMachine(host)) << host;
  }
}

TEST(ReadExpiry, TakesSpansAndTimes) {
  const Timestamp now = *ParseTimestamp("2026-01-01T00:00:00Z");
  EXPECT_EQ(FormatTimestamp(*ReadExpiry("90d", now)), "2026-04-01T00:00:00Z");
  EXPECT_EQ(FormatTimestamp(*ReadExpiry("12h", now)), "2026-01-01T12:00:00Z");
  EXPECT_EQ(FormatTimestamp(*ReadExpiry("2027-01-31", now)), "2027-01-31T00:00:00Z");
  for (const char* wrong : {"", "d", "0d", "-1d", "12", "12m", "tomorrow"}) {
    EXPECT_FALSE(ReadExpiry(wrong, now)) << wrong;
  }
}

TEST(AsRfc3339, CompletesWhatIsATimeAndLeavesTheRest) {
  EXPECT_EQ(AsRfc3339("2027-01-31"), "2027-01-31T00:00:00Z");
  EXPECT_EQ(AsRfc3339("2027-01-31 12:00"), "2027-01-31T12:00:00Z");
  EXPECT_EQ(AsRfc3339("2027-01-31T12:00:00+01:00"), "2027-01-31T11:00:00Z");
  EXPECT_EQ(AsRfc3339("tomorrow"), "tomorrow");
}

}  // namespace
}  // namespace nexus::cli
