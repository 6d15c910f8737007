#include "cli/completion.h"

#include <format>

namespace nexus::cli {
namespace {

// Single quotes hold anything but themselves.
std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string Joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) out.append(out.empty() ? "" : between).append(word);
  return out;
}

// What may come next after a command: those below it, and its own flags.
std::vector<std::string> WordsAfter(const CommandNode& command) {
  std::vector<std::string> words;
  for (const CommandNode& below : command.commands) words.push_back(below.name());
  for (const OptionNode& option : command.options) {
    if (option.positional) continue;
    words.insert(words.end(), option.names.begin(), option.names.end());
  }
  return words;
}

// Patterns for a place and the word behind it that is a command there.
std::string Paths(const std::vector<const CommandNode*>& all) {
  std::vector<std::string> paths;
  for (const CommandNode* command : all) {
    if (command->path.contains(' ')) paths.push_back(std::format("\"{}\"", command->path));
  }
  return Joined(paths, "|");
}

// A case for each flag that takes a value: `then` of what it may be.
template <typename Then>
std::string ValueCases(const std::vector<const CommandNode*>& all, Then then) {
  std::string cases;
  for (const CommandNode* command : all) {
    for (const OptionNode& option : command->options) {
      if (option.positional || !option.takes_value) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : option.names) {
        patterns.push_back(std::format("\"{} {}\"", command->path, name));
      }
      cases += std::format("    {}) {} ;;\n", Joined(patterns, "|"), then(option));
    }
  }
  return cases;
}

}  // namespace

std::string BashCompletion(const CommandNode& root) {
  const std::vector<const CommandNode*> all = AllCommands(root);
  std::string script =
      "# bash completion of nexus: source <(nexus completion bash)\n"
      "_nexus() {\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" place=nexus i words=\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"$place ${COMP_WORDS[i]}\" in\n"
      "      " +
      Paths(all) +
      ") place+=\" ${COMP_WORDS[i]}\" ;;\n"
      "    esac\n"
      "  done\n"
      "  COMPREPLY=()\n"
      "  case \"$place ${COMP_WORDS[COMP_CWORD-1]}\" in\n";
  script += ValueCases(all, [](const OptionNode& option) {
    if (option.choices.empty()) return std::string("return");
    return std::format("COMPREPLY=($(compgen -W {} -- \"$current\")); return",
                       Quoted(Joined(option.choices, " ")));
  });
  script += "  esac\n  case \"$place\" in\n";
  for (const CommandNode* command : all) {
    script += std::format("    \"{}\") words={} ;;\n", command->path,
                          Quoted(Joined(WordsAfter(*command), " ")));
  }
  return script +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o bashdefault -o default -F _nexus nexus\n";
}

std::string ZshCompletion(const CommandNode& root) {
  const std::vector<const CommandNode*> all = AllCommands(root);
  const auto item = [](std::string_view word, std::string_view help) {
    std::string escaped;  // a colon ends the word
    for (const char c : word) escaped += c == ':' ? std::string("\\:") : std::string(1, c);
    return Quoted(std::format("{}:{}", escaped, help));
  };
  std::string script =
      "#compdef nexus\n"
      "# zsh completion of nexus: nexus completion zsh >\"${fpath[1]}/_nexus\"\n"
      "_nexus() {\n"
      "  local place=nexus word\n"
      "  local -a items\n"
      "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
      "    case \"$place $word\" in\n"
      "      (" +
      Paths(all) +
      ") place+=\" $word\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$place ${words[CURRENT-1]}\" in\n";
  script += ValueCases(all, [](const OptionNode& option) {
    if (option.choices.empty()) return std::string("_files; return");
    return "compadd -- " + Joined(option.choices, " ") + "; return";
  });
  script += "  esac\n  case \"$place\" in\n";
  for (const CommandNode* command : all) {
    std::vector<std::string> items;
    for (const CommandNode& below : command->commands) {
      items.push_back(item(below.name(), below.summary));
    }
    for (const OptionNode& option : command->options) {
      if (option.positional) continue;
      for (const std::string& name : option.names) items.push_back(item(name, option.help));
    }
    script += std::format("    \"{}\") items=({}) ;;\n", command->path, Joined(items, " "));
  }
  return script +
         "  esac\n"
         "  _describe nexus items || _files\n"
         "}\n"
         "if [ \"$funcstack[1]\" = _nexus ]; then _nexus \"$@\"; else compdef _nexus nexus; fi\n";
}

std::string FishCompletion(const CommandNode& root) {
  std::string script =
      "# fish completion of nexus: nexus completion fish | source\n"
      "function __nexus_at\n"
      "  set -l place nexus\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    switch \"$place $word\"\n"
      "      case";
  const std::vector<const CommandNode*> all = AllCommands(root);
  for (const CommandNode* command : all) {
    if (command->path.contains(' ')) script += " " + Quoted(command->path);
  }
  script +=
      "\n        set place \"$place $word\"\n"
      "    end\n"
      "  end\n"
      "  test \"$place\" = \"$argv\"\n"
      "end\n";
  for (const CommandNode* command : all) {
    const std::string at = std::format("complete -c nexus -n '__nexus_at {}'", command->path);
    for (const CommandNode& below : command->commands) {
      script += std::format("{} -f -a {} -d {}\n", at, below.name(), Quoted(below.summary));
    }
    for (const OptionNode& option : command->options) {
      if (option.positional) continue;
      script += at;
      for (const std::string& name : option.names) {
        script += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (option.takes_value) script += " -r";
      if (!option.choices.empty()) script += " -f -a " + Quoted(Joined(option.choices, " "));
      script += std::format(" -d {}\n", Quoted(option.help));
    }
  }
  return script;
}

}  // namespace nexus::cli
