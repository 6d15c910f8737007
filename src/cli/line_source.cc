#include "cli/line_source.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/error.h"

namespace nexus::cli {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr size_t kPieceBytes = 64 << 10;

[[noreturn]] void ThrowUnread(const std::string& path) {
  throw Failure(ErrorCode::kNotFound,
                std::format("{} cannot be read: {}", path, std::strerror(errno)),
                "name a file of JSON Lines, or - for stdin");
}

void Copy(std::FILE* from, std::FILE* to, const std::string& path) {
  std::array<char, kPieceBytes> piece;
  size_t size = 0;
  while ((size = std::fread(piece.data(), 1, piece.size(), from)) > 0) {
    if (std::fwrite(piece.data(), 1, size, to) == size) continue;
    throw Failure(ErrorCode::kUnavailable,
                  std::format("{} cannot be copied: {}", path, std::strerror(errno)),
                  "make room in /tmp, or import from a file");
  }
  if (std::ferror(from) != 0) ThrowUnread(path);
  if (std::fflush(to) != 0) ThrowUnread(path);
}

void GoToBegin(std::FILE* file) {
  if (std::fseek(file, 0, SEEK_SET) == 0) return;
  throw Failure(ErrorCode::kUnavailable,
                std::format("the file cannot be read again: {}", std::strerror(errno)));
}

// A line that no line break has ended counts, too.
int64_t CountLines(std::FILE* file) {
  std::array<char, kPieceBytes> piece;
  int64_t lines = 0;
  char last = '\n';
  size_t size = 0;
  while ((size = std::fread(piece.data(), 1, piece.size(), file)) > 0) {
    lines += std::count(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(size), '\n');
    last = piece[size - 1];
  }
  return last == '\n' ? lines : lines + 1;
}

}  // namespace

LineSource::File LineSource::Open(const std::string& path) {
  const bool is_stdin = path == "-";
  File file(is_stdin ? stdin : std::fopen(path.c_str(), "re"),
            is_stdin ? [](std::FILE*) { return 0; } : &std::fclose);
  struct stat status{};
  if (!file || fstat(fileno(file.get()), &status) != 0) ThrowUnread(path);
  if (S_ISREG(status.st_mode) && !is_stdin) return file;
  File copy(std::tmpfile(), &std::fclose);
  if (!copy) ThrowUnread("a temporary file");
  Copy(file.get(), copy.get(), path);
  return copy;
}

LineSource::LineSource(const std::string& path) : file_(Open(path)) {
  digest_ = ToHex(Sha256File(std::format("/proc/self/fd/{}", fileno(file_.get()))));
  GoToBegin(file_.get());
  lines_ = CountLines(file_.get());
  Rewind();
}

void LineSource::Rewind() {
  GoToBegin(file_.get());
  std::array<char, kByteOrderMark.size()> begin{};
  const size_t size = std::fread(begin.data(), 1, begin.size(), file_.get());
  if (std::string_view(begin.data(), size) != kByteOrderMark) GoToBegin(file_.get());
}

std::optional<Line> LineSource::Next() {
  Line line{.number = read_ + 1};
  int c = 0;
  while ((c = getc_unlocked(file_.get())) != EOF && c != '\n') {
    if (line.text.size() < kMaxLineBytes) {
      line.text.push_back(static_cast<char>(c));
    } else {
      line.too_long = true;
    }
  }
  if (std::ferror(file_.get()) != 0) {
    throw Failure(ErrorCode::kUnavailable,
                  std::format("line {} cannot be read: {}", line.number, std::strerror(errno)));
  }
  if (c == EOF && line.text.empty()) return std::nullopt;
  if (line.text.ends_with('\r')) line.text.pop_back();
  ++read_;
  return line;
}

}  // namespace nexus::cli
