#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <unistd.h>

#include <atomic>
#include <boost/json/value.hpp>
#include <cmath>
#include <memory>
#include <mutex>

#include "base/json.h"
#include "base/time.h"

namespace nexus {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error"};

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

struct Output {
  explicit Output(LogOptions options)
      : level(options.level),
        as_json(options.format == LogFormat::kJson ||
                (options.format == LogFormat::kAuto && isatty(STDERR_FILENO) == 0)),
        logger("nexus", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()) {
    logger.set_level(spdlog::level::trace);
    logger.set_pattern(as_json ? "%v" : "%H:%M:%S.%e %^%-7l%$ %v");
  }

  const LogLevel level;
  const bool as_json;
  spdlog::logger logger;
};

// Shared by the threads that are writing when ConfigureLog replaces it.
std::atomic<std::shared_ptr<Output>>& CurrentOutput() {
  static std::atomic<std::shared_ptr<Output>> output{std::make_shared<Output>(LogOptions{})};
  return output;
}

struct JsonWriter {
  std::string& out;
  void operator()(std::string_view text) const { AppendJsonString(out, text); }
  void operator()(int64_t number) const { out += std::to_string(number); }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(double number) const {
    out += std::isfinite(number) ? SerializeJson(number) : "null";
  }
};

std::string JsonLine(LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields) {
  std::string line = "{\"time\":";
  AppendJsonString(line, FormatTimestamp(SystemClock().Now()));
  line += ",\"level\":";
  AppendJsonString(line, kLevelNames[static_cast<size_t>(level)]);
  line += ",\"message\":";
  AppendJsonString(line, message);
  for (const LogField& field : fields) {
    line += ',';
    AppendJsonString(line, field.key);
    line += ':';
    std::visit(JsonWriter{line}, field.value.value());
  }
  line += '}';
  return line;
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

void AppendOneLine(std::string& out, std::string_view text) {
  for (char c : text) {
    if (IsControl(c)) {
      out += std::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
}

struct TextWriter {
  std::string& out;
  void operator()(std::string_view text) const {
    bool plain = !text.empty() && text.find_first_of(" \"=") == text.npos &&
                 std::ranges::none_of(text, IsControl);
    if (plain) {
      out += text;
    } else {
      AppendJsonString(out, text);
    }
  }
  void operator()(auto value) const { JsonWriter{out}(value); }
};

std::string TextLine(std::string_view message, std::initializer_list<LogField> fields) {
  std::string line;
  AppendOneLine(line, message);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    std::visit(TextWriter{line}, field.value.value());
  }
  return line;
}

}  // namespace

void ConfigureLog(LogOptions options) { CurrentOutput().store(std::make_shared<Output>(options)); }

std::optional<LogLevel> ParseLogLevel(std::string_view name) {
  for (size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (kLevelNames[i] == name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  std::shared_ptr<Output> output = CurrentOutput().load();
  if (level < output->level) return;
  std::string line = output->as_json ? JsonLine(level, message, fields) : TextLine(message, fields);
  output->logger.log(ToSpdlog(level), spdlog::string_view_t(line));
}

}  // namespace nexus
