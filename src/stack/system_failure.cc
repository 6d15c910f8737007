#include "stack/system_failure.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <ranges>
#include <vector>

namespace nexus::stack {

namespace {

constexpr std::streamoff kMostTailBytes = 1000;
constexpr size_t kTailLines = 4;
constexpr std::string_view kFullDisk = "No space left on device";
constexpr std::string_view kClosed = "Permission denied";

bool SaysWhy(const std::string& line) { return line.contains(kFullDisk) || line.contains(kClosed); }

std::string WithoutTime(const std::string& line) {
  const size_t level = line.find("FATAL: ");  // of PostgreSQL; before it stand a time and a pid
  return level == line.npos ? line : line.substr(level);
}

}  // namespace

Failure SystemFailure(std::string_view action, const std::filesystem::path& path,
                      int error_number) {
  std::string message = std::format("cannot {} {}: {}", action, path.native(),
                                    std::generic_category().message(error_number));
  switch (error_number) {
    case EACCES:
    case EPERM:
      return {ErrorCode::kForbidden, std::move(message),
              "run nexus as the user who owns that path, or choose another --data-dir"};
    case ENOSPC:
    case EDQUOT:
      return {ErrorCode::kUnavailable, std::move(message),
              "free some space there, or choose a --data-dir on another disk"};
    case EROFS:
      return {ErrorCode::kForbidden, std::move(message), "choose a --data-dir that is writable"};
    case ENOTDIR:
      return {ErrorCode::kConflict, std::move(message), "choose a --data-dir that is a folder"};
    default:
      return {ErrorCode::kUnavailable, std::move(message), "choose another --data-dir"};
  }
}

std::string LastLines(const std::filesystem::path& log) {
  std::ifstream file(log, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const std::streamoff size = file.tellg();
  const std::streamoff start = std::max<std::streamoff>(0, size - kMostTailBytes);
  std::string text(static_cast<size_t>(size - start), '\0');
  file.seekg(start);
  file.read(text.data(), size - start);
  std::vector<std::string> lines;
  for (auto part : std::views::split(text, '\n')) {
    if (!part.empty()) lines.emplace_back(part.begin(), part.end());
  }
  if (start > 0 && lines.size() > 1) lines.erase(lines.begin());  // cut in its middle
  if (lines.size() > kTailLines) lines.erase(lines.begin(), lines.end() - kTailLines);
  // Where a cause is known, the rest only hides it.
  if (const auto last = std::ranges::find_last_if(lines, &SaysWhy); !last.empty()) {
    return WithoutTime(last.front());
  }
  std::string tail;
  for (const std::string& line : lines) {
    tail += tail.empty() ? line : " | " + line;
  }
  return tail;
}

std::string RemedyFor(std::string_view last_lines, const std::filesystem::path& log) {
  if (last_lines.contains(kFullDisk)) {
    return "free some space there, or choose a --data-dir on another disk";
  }
  if (last_lines.contains(kClosed)) {
    return "give the folder back to the user the servers run as, or choose another --data-dir";
  }
  return std::format("read {}", log.native());
}

}  // namespace nexus::stack
