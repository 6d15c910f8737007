#include "app/server_flags.h"

namespace nexus::app {

void ServerFlags::AddTo(cli::Flags& command) {
  command.Text("--config", file_, "a nexus.toml");
  for (const Setting& setting : Settings()) {
    const std::string name(setting.name);
    std::string usual(setting.default_words.empty() ? std::string_view(setting.default_text)
                                                    : setting.default_words);
    std::erase(usual, '`');
    std::string help(setting.help);
    if (!usual.empty()) help += " [" + usual + "]";
    command.Text("--" + name, texts_[name], help);
  }
}

LayeredValues ServerFlags::Layers() const {
  FlagValues given;
  for (const auto& [name, text] : texts_) {
    if (text) given[name] = *text;
  }
  auto values = LayerSettings(given, file_);
  if (!values) throw Failure(values.error());
  return std::move(*values);
}

Config ServerFlags::Resolve() const {
  auto config = MakeConfig(TextsOf(Layers()));
  if (config) return *config;
  Error error = config.error();
  if (error.remedy.empty()) error.remedy = kWhatASettingTakes;
  throw Failure(std::move(error));
}

}  // namespace nexus::app
