#include "cli/manual.h"

#include <format>
#include <map>

#include "cli/commands.h"

namespace nexus::cli {
namespace {

constexpr size_t kCommonFrom = 5;  // in so many commands a flag is told once for all

constexpr std::string_view kDescription =
    "A persistent memory for AI agents: what an agent lives through is stored in PostgreSQL, and "
    "found again by word and by meaning. `up` and `serve` run the server, the other commands ask "
    "it over HTTP. On a terminal they print for people; elsewhere, and with --json, they print one "
    "JSON document. Remarks and errors go to stderr: what happened, and what to do next.";

// How a page is written down.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual void Section(std::string_view title) = 0;
  virtual void Command(std::string_view title) = 0;
  virtual void Text(std::string_view text) = 0;
  virtual void BeginTerms() {}
  virtual void Term(std::string_view term, std::string_view text) = 0;

  std::string Take() { return std::move(page_); }

 protected:
  std::string page_;
};

class RoffWriter final : public Writer {
 public:
  explicit RoffWriter(std::string_view version) {
    page_ = std::format(".TH NEXUS 1 \"\" \"nexus {}\" \"Nexus\"\n", Escaped(version));
    page_ += ".SH NAME\nnexus \\- a persistent memory for AI agents\n";
  }
  void Section(std::string_view title) override {
    page_ += ".SH ";
    for (const char c : title) page_ += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    page_ += '\n';
  }
  void Command(std::string_view title) override {
    page_ += std::format(".SS \"{}\"\n", Escaped(title));
  }
  void Text(std::string_view text) override { page_ += std::format(".PP\n{}\n", Escaped(text)); }
  void Term(std::string_view term, std::string_view text) override {
    page_ += std::format(".TP\n.B \"{}\"\n{}\n", Escaped(term), Escaped(text));
  }

 private:
  // Hyphens stay what is typed; quotes end an argument; a dot begins a request.
  static std::string Escaped(std::string_view text) {
    std::string out = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
    for (const char c : text) {
      switch (c) {
        case '-':
          out += "\\-";
          break;
        case '\\':
          out += "\\e";
          break;
        case '"':
          out += "\\(dq";
          break;
        case '`':
          break;
        default:
          out += c;
      }
    }
    return out;
  }
};

class MarkdownWriter final : public Writer {
 public:
  MarkdownWriter() {
    page_ =
        "<!-- Made by `nexus man --markdown`. A test compares the two: change the command, then "
        "make it anew. -->\n# The command line\n";
  }
  void Section(std::string_view title) override { page_ += std::format("\n## {}\n", title); }
  void Command(std::string_view title) override { page_ += std::format("\n### {}\n", title); }
  void Text(std::string_view text) override { page_ += std::format("{}\n", text); }
  void BeginTerms() override { page_ += "\n| | |\n|---|---|\n"; }
  void Term(std::string_view term, std::string_view text) override {
    page_ += std::format("| `{}` | {} |\n", Cell(term), Cell(text));
  }

 private:
  static std::string Cell(std::string_view text) {
    std::string cell;
    for (const char c : text) cell += c == '|' ? std::string("\\|") : std::string(1, c);
    return cell;
  }
};

// "-y, --yes", "--limit VALUE", "--mode hybrid|words", "ID".
std::string TermOf(const OptionNode& option) {
  std::string term;
  for (const std::string& name : option.names) term.append(term.empty() ? "" : ", ").append(name);
  if (option.positional || !option.takes_value) return term;
  if (option.choices.empty()) return term + " VALUE";
  term += ' ';
  for (const std::string& choice : option.choices) {
    term.append(term.ends_with(' ') ? "" : "|").append(choice);
  }
  return term;
}

std::string KeyOf(const OptionNode& option) { return TermOf(option) + '\n' + option.help; }

// "nexus recall [FLAGS] QUERY…"
std::string SynopsisOf(const CommandNode& command) {
  std::string line = command.path;
  bool flags = false;
  for (const OptionNode& option : command.options) flags |= !option.positional;
  if (flags) line += " [FLAGS]";
  if (!command.commands.empty()) line += " COMMAND";
  for (const OptionNode& option : command.options) {
    if (!option.positional) continue;
    const std::string word = option.names.front() + (option.repeated ? "…" : "");
    line += option.required ? " " + word : " [" + word + "]";
  }
  return line;
}

// Flags of many commands, in the order of their first one.
std::vector<OptionNode> CommonOptions(const std::vector<const CommandNode*>& all) {
  std::map<std::string, size_t> counts;
  std::vector<OptionNode> common;
  for (const CommandNode* command : all) {
    for (const OptionNode& option : command->options) {
      if (!option.positional && ++counts[KeyOf(option)] == kCommonFrom) common.push_back(option);
    }
  }
  return common;
}

void WriteCommand(const CommandNode& command, const std::vector<OptionNode>& common,
                  Writer& writer) {
  writer.Command(SynopsisOf(command));
  writer.Text(command.summary);
  std::vector<const OptionNode*> own;
  std::string also;
  for (const OptionNode& option : command.options) {
    if (!std::ranges::contains(common, KeyOf(option), &KeyOf)) {
      own.push_back(&option);
    } else if (!std::ranges::contains(option.names, "--help")) {
      also.append(also.empty() ? "" : ", ").append(option.names.back());
    }
  }
  if (!own.empty()) writer.BeginTerms();
  for (const OptionNode* option : own) writer.Term(TermOf(*option), option->help);
  if (!also.empty()) writer.Text((own.empty() ? "Takes " : "\nAlso ") + also + ".");
}

void WriteManual(const CommandNode& root, Writer& writer) {
  const std::vector<const CommandNode*> all = AllCommands(root);
  const std::vector<OptionNode> common = CommonOptions(all);
  writer.Section("Synopsis");
  writer.Text("nexus COMMAND [FLAGS] …");
  writer.Section("Description");
  writer.Text(kDescription);
  writer.Section("Common flags");
  writer.BeginTerms();
  for (const OptionNode& option : common) writer.Term(TermOf(option), option.help);
  writer.Section("Commands");
  for (const CommandNode* command : all) {
    if (command != &root && command->commands.empty()) WriteCommand(*command, common, writer);
  }
  writer.Section("Exit status");
  writer.BeginTerms();
  for (const ExitCode& code : ExitCodes()) {
    writer.Term(std::to_string(code.code), code.meaning);
  }
}

}  // namespace

std::string ManualAsRoff(const CommandNode& root, std::string_view version) {
  RoffWriter writer(version);
  WriteManual(root, writer);
  return writer.Take();
}

std::string ManualAsMarkdown(const CommandNode& root) {
  MarkdownWriter writer;
  WriteManual(root, writer);
  return writer.Take();
}

std::string ExitCodesAsText() {
  std::string text = "Exit status:\n";
  for (const ExitCode& code : ExitCodes()) {
    text += std::format("  {}  {}\n", code.code, code.meaning);
  }
  return text;
}

}  // namespace nexus::cli
