// The manual of the command line, made from the commands themselves. Pure.
#pragma once

#include <string>
#include <string_view>

#include "cli/command_tree.h"

namespace nexus::cli {

// For `man -l -`: roff with the macros of man(7).
std::string ManualAsRoff(const CommandNode& root, std::string_view version);

// docs/operate/command-line.md.
std::string ManualAsMarkdown(const CommandNode& root);

// What an exit status means, a line each: for the end of `nexus --help`.
std::string ExitCodesAsText();

}  // namespace nexus::cli
