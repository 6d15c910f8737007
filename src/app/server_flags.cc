#include "app/server_flags.h"

namespace nexus::app {

void ServerFlags::AddTo(cli::Flags& command) {
  command.Text("--config", file_, "a nexus.toml");
  for (const Setting& setting : Settings()) {
    const std::string name(setting.name);
    std::string help(setting.help);
    if (!setting.default_text.empty()) help += " [" + setting.default_text + "]";
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
  if (!config) throw Failure(config.error());
  return *config;
}

}  // namespace nexus::app
