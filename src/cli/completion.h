// What shells need to complete the words of a command line. Pure.
#pragma once

#include <string>

#include "cli/command_tree.h"

namespace nexus::cli {

std::string BashCompletion(const CommandNode& root);
std::string ZshCompletion(const CommandNode& root);
std::string FishCompletion(const CommandNode& root);

}  // namespace nexus::cli
