// The lines of a file or of stdin, one after the other.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

namespace nexus::cli {

struct Line {
  int64_t number = 0;  // from 1
  std::string text;    // without its end; cut off at the limit
  bool too_long = false;
};

// What cannot be read twice, as a pipe, is copied into a nameless temporary file first. A byte
// order mark at the beginning is left out. Not thread-safe.
class LineSource {
 public:
  static constexpr size_t kMaxLineBytes = 8 << 20;  // an episode of 1 MiB, however it is escaped

  // "-" is stdin. Throws Failure(kNotFound) if it cannot be read, kUnavailable if it cannot be
  // copied.
  explicit LineSource(const std::string& path);

  // SHA-256 of everything, in hexadecimal.
  const std::string& digest() const { return digest_; }
  int64_t lines() const { return lines_; }

  // nullopt at the end. Throws Failure(kUnavailable) if reading fails.
  std::optional<Line> Next();

 private:
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  static File Open(const std::string& path);
  void Rewind();

  File file_;
  std::string digest_;
  int64_t lines_ = 0;
  int64_t read_ = 0;
};

}  // namespace nexus::cli
