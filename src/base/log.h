// The server's log: one line per message on stderr, for people on a terminal and as JSON
// elsewhere: {"time":"2026-11-24T13:52:30.000123Z","level":"info","message":"…", fields…}.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace nexus {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kAuto, kText, kJson };  // kAuto: text on a terminal, JSON elsewhere

struct LogOptions {
  LogLevel level = LogLevel::kInfo;  // what is below it is dropped
  LogFormat format = LogFormat::kAuto;
};

// A value of a field. Borrows the text: fit for the arguments of a call to Log, not for keeping.
class LogValue {
 public:
  // NOLINTBEGIN(google-explicit-constructor): a call to Log names plain values.
  LogValue(std::string_view value) : value_(value) {}
  LogValue(const char* value) : value_(std::string_view(value)) {}
  LogValue(const std::string& value) : value_(std::string_view(value)) {}
  LogValue(std::same_as<bool> auto value) : value_(value) {}
  LogValue(std::floating_point auto value) : value_(static_cast<double>(value)) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  LogValue(T value) : value_(static_cast<int64_t>(value)) {}
  // NOLINTEND(google-explicit-constructor)

  const std::variant<std::string_view, int64_t, double, bool>& value() const { return value_; }

 private:
  std::variant<std::string_view, int64_t, double, bool> value_;
};

struct LogField {
  std::string_view key;
  LogValue value;
};

// Before the threads start; without it the defaults of LogOptions hold.
void ConfigureLog(LogOptions options);

// "debug", "info", "warning", "error".
std::optional<LogLevel> ParseLogLevel(std::string_view name);

// Thread-safe, blocks for the write only. A message is always one line: line breaks and other
// control characters come out escaped.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

inline void LogDebug(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kDebug, message, fields);
}
inline void LogInfo(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kInfo, message, fields);
}
inline void LogWarning(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kWarning, message, fields);
}
inline void LogError(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kError, message, fields);
}

}  // namespace nexus
