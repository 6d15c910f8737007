#include "app/reference.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "app/layers.h"

namespace nexus::app {
namespace {

constexpr std::string_view kIntroduction =
    R"(<!-- Made by `nexus config reference`. A test compares the two: change src/app/config.cc, then make it anew. -->
# Configuration

The settings of `nexus up` and `nexus serve`. Each takes its value from the first of these that has one:

| where | for `bulk-threads` |
|---|---|
| a flag | `--bulk-threads 2` |
| the environment | `NEXUS_BULK_THREADS=2` |
| a file that the environment names, for secrets | `NEXUS_BULK_THREADS_FILE=/run/threads` |
| the file of `--config` | `bulk-threads = 2` |
| the default | one for each processor |

An empty variable counts as not set. A key in the file that is no setting is an error, and so is a value that cannot
be. `nexus config check FILE` names everything that is wrong with a file; `nexus config show` prints each value in
effect and where it comes from, without passwords.

| setting | meaning | takes | default |
|---|---|---|---|
)";

std::string DefaultOf(const Setting& setting) {
  if (!setting.default_words.empty()) return std::string(setting.default_words);
  return setting.default_text.empty() ? "" : std::format("`{}`", setting.default_text);
}

std::string Takes(const Setting& setting) {
  if (setting.range) return std::format("{} to {}", setting.range->low, setting.range->high);
  return "text";
}

}  // namespace

std::string ReferencePage() {
  std::string page(kIntroduction);
  for (const Setting& setting : Settings()) {
    page += std::format("| `{}` | {}{} | {} | {} |\n", setting.name, setting.help,
                        setting.secret ? "; may hold a password" : "", Takes(setting),
                        DefaultOf(setting));
  }
  return page;
}

boost::json::array ReferenceAsJson() {
  boost::json::array all;
  for (const Setting& setting : Settings()) {
    const std::string variable = EnvironmentName(setting.name);
    boost::json::object row{{"name", setting.name},
                            {"help", setting.help},
                            {"flag", "--" + std::string(setting.name)},
                            {"variable", variable},
                            {"file_variable", variable + "_FILE"},
                            {"default", setting.default_text},
                            {"secret", setting.secret}};
    if (setting.range) {
      row["minimum"] = setting.range->low;
      row["maximum"] = setting.range->high;
    }
    all.push_back(std::move(row));
  }
  return all;
}

}  // namespace nexus::app
