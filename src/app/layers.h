// Where each setting's value comes from: flag > NEXUS_NAME > NEXUS_NAME_FILE > nexus.toml >
// default. Unknown keys of nexus.toml are errors; an empty variable of the environment counts as
// not set.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "base/error.h"

namespace nexus::app {

enum class Layer { kDefault, kFile, kEnvironment, kFlag };

struct LayeredValue {
  std::string text;
  Layer layer = Layer::kDefault;
  std::string place;  // "nexus.toml:3", "NEXUS_PORT", "--port"; empty for a default
};

using LayeredValues = std::map<std::string, LayeredValue, std::less<>>;  // by Setting::name

// One for every setting. kInvalid naming the setting, where it came from, and what was expected.
Result<LayeredValues> LayerSettings(const FlagValues& flags,
                                    const std::optional<std::filesystem::path>& file);

// The values alone, for MakeConfig.
FlagValues TextsOf(const LayeredValues& values);

// The same in one step, for those who do not ask where a value comes from.
Result<FlagValues> ResolveSettings(const FlagValues& flags,
                                   const std::optional<std::filesystem::path>& file);

// Everything that is wrong with the file and with the environment, each with its place: not only
// the first. Empty if nothing is. Also for values that a higher layer hides.
std::vector<Error> FindFaults(const std::optional<std::filesystem::path>& file);

// What to do about a value that MakeConfig refuses.
inline constexpr const char* kWhatASettingTakes = "`nexus config reference` says what it takes";

// "data-dir" -> "NEXUS_DATA_DIR".
std::string EnvironmentName(std::string_view setting);

}  // namespace nexus::app
