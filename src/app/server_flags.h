// The settings as flags of a command: of `up`, `serve`, and of what looks at them.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "app/config.h"
#include "app/layers.h"
#include "cli/flags.h"

namespace nexus::app {

// Must live until the command has run.
class ServerFlags {
 public:
  // --config and one flag for every setting.
  void AddTo(cli::Flags& command);

  // With the layers below the flags. Throw Failure(kInvalid).
  LayeredValues Layers() const;
  Config Resolve() const;

 private:
  std::map<std::string, std::optional<std::string>, std::less<>> texts_;  // by Setting::name
  std::optional<std::string> file_;
};

}  // namespace nexus::app
