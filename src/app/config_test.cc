#include "app/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "app/layers.h"

namespace nexus::app {
namespace {

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    std::string path = testing::TempDir() + "nexus-config-XXXXXX";
    folder_ = mkdtemp(path.data());
  }
  ~ConfigTest() override {
    for (const std::string& name : set_) unsetenv(name.c_str());
    std::filesystem::remove_all(folder_);
  }

  void Set(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }
  std::filesystem::path Write(const std::string& name, std::string_view content) {
    std::ofstream(folder_ / name) << content;
    return folder_ / name;
  }
  static std::string PortOf(const Result<FlagValues>& values) { return values->at("port"); }

  std::filesystem::path folder_;
  std::vector<std::string> set_;
};

TEST_F(ConfigTest, ALayerWinsOverThoseBelow) {
  EXPECT_EQ(PortOf(ResolveSettings({}, std::nullopt)), "8002");
  const auto file = Write("nexus.toml", "port = 1");
  EXPECT_EQ(PortOf(ResolveSettings({}, file)), "1");
  Set("NEXUS_PORT_FILE", Write("port", "2\n"));
  EXPECT_EQ(PortOf(ResolveSettings({}, file)), "2");
  Set("NEXUS_PORT", "3");
  EXPECT_EQ(PortOf(ResolveSettings({}, file)), "3");
  EXPECT_EQ(PortOf(ResolveSettings({{"port", "4"}}, file)), "4");
}

TEST_F(ConfigTest, AnEmptyVariableCountsAsNotSet) {
  const auto file = Write("nexus.toml", "data-dir = \"/somewhere\"");
  Set("NEXUS_DATA_DIR", "");
  Set("NEXUS_PORT_FILE", "");
  const auto values = ResolveSettings({}, file);
  ASSERT_TRUE(values);
  EXPECT_EQ(values->at("data-dir"), "/somewhere");
}

TEST_F(ConfigTest, WhatIsWrongInAFileIsSaidWithItsPlace) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"prot = 1", "`prot` is not a setting"},
      {"[server]\nport = 1", "`server` is not a setting"},
      {"port = [1, 2]", "`port` must be a text or a number"},
      {"port = 1\nport = 2", ":2:"},
  };
  for (const auto& [content, expected] : cases) {
    const auto file = Write("nexus.toml", content);
    const auto values = ResolveSettings({}, file);
    ASSERT_FALSE(values) << content;
    EXPECT_TRUE(values.error().message.contains(expected)) << values.error().message;
    EXPECT_TRUE(values.error().message.contains(file.native())) << values.error().message;
  }
  EXPECT_FALSE(ResolveSettings({}, folder_ / "absent.toml"));
  Set("NEXUS_DATABASE_FILE", folder_ / "absent");
  EXPECT_TRUE(ResolveSettings({}, std::nullopt).error().message.contains("NEXUS_DATABASE_FILE"));
}

TEST_F(ConfigTest, EverythingThatIsWrongIsFoundAlsoWhereAHigherLayerHidesIt) {
  const auto file = Write("nexus.toml", "prot = 1\nport = 70000\nroles = 'cook'\ndrain-ms = 5");
  Set("NEXUS_PORT", "8010");
  Set("NEXUS_LOG_LEVEL", "loud");
  std::vector<std::string> found;
  for (const Error& fault : FindFaults(file)) {
    std::string message = fault.message;
    if (message.starts_with(file.native())) message = message.substr(file.native().size());
    found.push_back(message.substr(0, message.find(';')));
  }
  std::ranges::sort(found);
  EXPECT_EQ(found, (std::vector<std::string>{":1: `prot` is not a setting", ":2: port is `70000`",
                                             ":3: roles names `cook`",
                                             "NEXUS_LOG_LEVEL: log-level is `loud`"}));
  EXPECT_TRUE(FindFaults(file).front().remedy.contains("`port`"));
}

TEST_F(ConfigTest, ValuesThatCannotBeAreNamed) {
  const std::pair<std::string, std::string> cases[] = {
      {"port", "70000"},  {"port", "80a"},       {"port", ""},
      {"roles", ""},      {"roles", "api,cook"}, {"log-level", "loud"},
      {"drain-ms", "-1"}, {"data-dir", ""},      {"log-format", "xml"},
  };
  for (const auto& [name, value] : cases) {
    const auto config = MakeConfig(*ResolveSettings({{name, value}}, std::nullopt));
    ASSERT_FALSE(config) << name << "=" << value;
    EXPECT_EQ(config.error().code, ErrorCode::kInvalid);
    EXPECT_TRUE(config.error().message.starts_with(name)) << config.error().message;
  }
}

TEST_F(ConfigTest, RolesChooseWhatAProcessDoes) {
  const auto config = MakeConfig(*ResolveSettings({{"roles", "embedder,keeper"}}, std::nullopt));
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->roles.embedder && config->roles.keeper);
  EXPECT_FALSE(config->roles.api || config->roles.relay);
}

// The contents of a key's file must never be taken for its path: paths are printed.
TEST_F(ConfigTest, TheVariableOfTheKeyFileHoldsItsPath) {
  Set("NEXUS_ADMIN_KEY_FILE", "/run/secrets/key");
  const auto config = MakeConfig(*ResolveSettings({}, std::nullopt));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->admin_key_file, "/run/secrets/key");
}

}  // namespace
}  // namespace nexus::app
