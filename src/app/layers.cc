#include "app/layers.h"

#include <cstdlib>
#include <fstream>
#include <numeric>
#include <sstream>
#include <toml++/toml.hpp>

namespace nexus::app {
namespace {

constexpr std::string_view kFileSuffix = "_FILE";

std::string FromEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

// How many letters to put in, take out or change.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

std::string_view NearestSetting(std::string_view name) {
  return std::ranges::min(Settings(), {},
                          [&](const Setting& setting) { return Distance(name, setting.name); })
      .name;
}

struct Reading {
  LayeredValues values;
  std::vector<Error> faults;
};

void Overlay(LayeredValues& below, const LayeredValues& above) {
  for (const auto& [name, value] : above) below[name] = value;
}

LayeredValues Defaults() {
  LayeredValues values;
  for (const Setting& setting : Settings()) {
    values.emplace(setting.name, LayeredValue{setting.default_text});
  }
  return values;
}

// nullopt for tables and lists.
std::optional<std::string> TomlText(const toml::node& node) {
  if (auto text = node.value<std::string>()) return text;
  if (!node.is_value()) return std::nullopt;
  std::ostringstream printed;
  node.visit([&](const auto& value) {
    if constexpr (toml::is_value<decltype(value)>) printed << *value;
  });
  return printed.str();
}

void ReadKey(const toml::key& key, const toml::node& node, const std::string& path,
             Reading& reading) {
  const std::string place = std::format("{}:{}", path, key.source().begin.line);
  if (FindSetting(key.str()) == nullptr) {
    reading.faults.push_back({ErrorCode::kInvalid,
                              std::format("{}: `{}` is not a setting", place, key.str()), "",
                              std::format("the nearest is `{}`; `nexus config reference` lists all",
                                          NearestSetting(key.str()))});
    return;
  }
  auto text = TomlText(node);
  if (!text) {
    reading.faults.push_back({ErrorCode::kInvalid,
                              std::format("{}: `{}` must be a text or a number", place, key.str()),
                              "", "correct the file"});
    return;
  }
  reading.values[std::string(key.str())] = {std::move(*text), Layer::kFile, place};
}

Reading ReadFile(const std::filesystem::path& path) {
  Reading reading;
  std::ifstream file(path);
  if (!file) {
    reading.faults.push_back({ErrorCode::kInvalid, std::format("{} cannot be read", path.string()),
                              "", "name a nexus.toml that is there"});
    return reading;
  }
  try {
    const toml::table table = toml::parse(file, path.string());
    for (const auto& [key, node] : table) ReadKey(key, node, path.string(), reading);
  } catch (const toml::parse_error& error) {
    reading.faults.push_back(
        {ErrorCode::kInvalid,
         std::format("{}:{}: {}", path.string(), error.source().begin.line, error.description()),
         "", "correct the file"});
  }
  return reading;
}

Result<std::string> ReadValueFile(const std::string& variable, const std::string& path) {
  std::ifstream file(path);
  if (!file) return Fail(ErrorCode::kInvalid, "{} names {}, which cannot be read", variable, path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

Reading ReadEnvironment() {
  Reading reading;
  for (const Setting& setting : Settings()) {
    LayeredValue& value = reading.values[std::string(setting.name)];
    value.layer = Layer::kEnvironment;
    value.place = EnvironmentName(setting.name).append(kFileSuffix);
    if (const std::string path = FromEnvironment(value.place); !path.empty()) {
      if (auto text = ReadValueFile(value.place, path)) {
        value.text = std::move(*text);
      } else {
        reading.faults.push_back(text.error());
      }
    }
    const std::string variable = EnvironmentName(setting.name);
    if (std::string text = FromEnvironment(variable); !text.empty()) {
      value.text = std::move(text);
      value.place = variable;
    }
    if (value.text.empty()) reading.values.erase(std::string(setting.name));
  }
  return reading;
}

// MakeConfig stops at the first: what it names is set back, until nothing is wrong.
void FindWrongValues(LayeredValues values, std::vector<Error>& faults) {
  for (;;) {
    auto config = MakeConfig(TextsOf(values));
    if (config) return;
    Error error = config.error();
    const auto wrong = values.find(error.message.substr(0, error.message.find(' ')));
    if (wrong == values.end() || wrong->second.layer == Layer::kDefault) {
      return faults.push_back(std::move(error));
    }
    error.message = wrong->second.place + ": " + error.message;
    if (error.remedy.empty()) error.remedy = kWhatASettingTakes;
    if (!std::ranges::contains(faults, error.message, &Error::message)) {
      faults.push_back(std::move(error));
    }
    wrong->second = {FindSetting(wrong->first)->default_text};
  }
}

}  // namespace

std::string EnvironmentName(std::string_view setting) {
  std::string name = "NEXUS_";
  for (char c : setting) {
    name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  }
  return name;
}

Result<LayeredValues> LayerSettings(const FlagValues& flags,
                                    const std::optional<std::filesystem::path>& file) {
  LayeredValues values = Defaults();
  const Reading of_file = file ? ReadFile(*file) : Reading{};
  const Reading of_environment = ReadEnvironment();
  for (const Reading* reading : {&of_file, &of_environment}) {
    if (!reading->faults.empty()) return std::unexpected(reading->faults.front());
    Overlay(values, reading->values);
  }
  for (const auto& [name, text] : flags) values[name] = {text, Layer::kFlag, "--" + name};
  return values;
}

FlagValues TextsOf(const LayeredValues& values) {
  FlagValues texts;
  for (const auto& [name, value] : values) texts.emplace(name, value.text);
  return texts;
}

Result<FlagValues> ResolveSettings(const FlagValues& flags,
                                   const std::optional<std::filesystem::path>& file) {
  return LayerSettings(flags, file).transform(&TextsOf);
}

std::vector<Error> FindFaults(const std::optional<std::filesystem::path>& file) {
  const Reading of_file = file ? ReadFile(*file) : Reading{};
  const Reading of_environment = ReadEnvironment();
  std::vector<Error> faults = of_file.faults;
  faults.insert(faults.end(), of_environment.faults.begin(), of_environment.faults.end());
  for (const Reading* above : {&of_file, &of_environment}) {
    const Reading* below = above == &of_file ? &of_environment : &of_file;
    LayeredValues values = Defaults();
    Overlay(values, below->values);
    Overlay(values, above->values);
    FindWrongValues(std::move(values), faults);
  }
  return faults;
}

}  // namespace nexus::app
