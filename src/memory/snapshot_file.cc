#include "memory/snapshot_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "base/bytes.h"
#include "base/json.h"
#include "recall/image.h"

namespace nexus::memory {
namespace {

constexpr std::string_view kSuffix = ".index";
constexpr std::string_view kHalfWritten = ".part";
constexpr std::array<char, 8> kMagic = {'N', 'E', 'X', 'U', 'S', 'I', 'D', 'X'};
constexpr uint32_t kFormat = 1;

using HeaderBlock = std::array<std::byte, kSnapshotHeaderBytes>;

struct Prefix {
  std::array<char, 8> magic = kMagic;
  uint32_t format = kFormat;
  uint32_t text_bytes = 0;
};

Failure FileFailure(std::string_view action, const std::filesystem::path& path, int error_number) {
  return {ErrorCode::kUnavailable, std::format("cannot {} {}: {}", action, path.native(),
                                               std::generic_category().message(error_number))};
}

Failure NotWhole(const std::filesystem::path& path, std::string_view why) {
  return {ErrorCode::kInvalid, std::format("{} is no whole snapshot: {}", path.native(), why)};
}

// Closes when it goes.
class File {
 public:
  File(const std::filesystem::path& path, int flags, std::string_view action) : path_(path) {
    file_ = open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file_ < 0) throw FileFailure(action, path, errno);
  }
  ~File() { close(file_); }
  File(const File&) = delete;

  void Write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw FileFailure("write", path_, errno);
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
  }
  void Sync() {
    if (fsync(file_) != 0) throw FileFailure("write", path_, errno);
  }

 private:
  std::filesystem::path path_;
  int file_;
};

void SyncFolderOf(const std::filesystem::path& path) {
  File(path.parent_path(), O_RDONLY | O_DIRECTORY, "open").Sync();
}

void Unlink(const std::filesystem::path& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) throw FileFailure("remove", path, errno);
}

std::filesystem::path HalfWritten(const std::filesystem::path& path) {
  return path.native() + std::string(kHalfWritten);
}

std::span<std::byte> DigestOf(HeaderBlock& block) {
  return std::span(block).last(sizeof(Sha256Digest));
}

Sha256Digest DigestBefore(HeaderBlock& block) {
  Sha256Stream digest;
  digest.Add(std::span(block).first(block.size() - sizeof(Sha256Digest)));
  return digest.Finish();
}

HeaderBlock Encode(const SnapshotHeader& header) {
  const std::string text = SerializeJson(boost::json::object{
      {"space", header.key.space},
      {"brain", header.key.brain.ToString()},
      {"artefact", header.origin.artefact},
      {"made_by", header.origin.made_by},
      {"tables", header.origin.tables},
      {"epoch", header.position.epoch},
      {"xid", header.position.xid},
      {"seq", header.position.seq},
      {"read_at", FormatTimestamp(header.read_at)},
      {"episodes", header.episodes},
  });
  HeaderBlock block{};
  Prefix prefix{.text_bytes = static_cast<uint32_t>(text.size())};
  if (sizeof(prefix) + text.size() + sizeof(Sha256Digest) > block.size()) {
    throw Failure(ErrorCode::kInternal, "the header of a snapshot is too long");
  }
  std::ranges::copy(std::as_bytes(std::span(&prefix, 1)), block.begin());
  std::ranges::copy(std::as_bytes(std::span(text)), block.begin() + sizeof(prefix));
  const Sha256Digest digest = DigestBefore(block);
  std::ranges::copy(std::as_bytes(std::span(digest)), DigestOf(block).begin());
  return block;
}

SnapshotHeader DecodeText(std::string_view text) {
  const boost::json::object object = ParseJson(text).value().as_object();
  const auto read = [&](std::string_view name) { return std::string(object.at(name).as_string()); };
  return {.key = {object.at("space").as_int64(), ParseUuid(read("brain")).value()},
          .origin = {read("artefact"), read("made_by"), read("tables")},
          .position = {read("epoch"), read("xid"), object.at("seq").as_int64()},
          .read_at = ParseTimestamp(read("read_at")).value(),
          .episodes = object.at("episodes").as_int64()};
}

SnapshotHeader Decode(HeaderBlock& block, const std::filesystem::path& path) {
  Prefix prefix;
  std::ranges::copy(std::span(block).first(sizeof(prefix)),
                    std::as_writable_bytes(std::span(&prefix, 1)).begin());
  if (prefix.magic != kMagic || prefix.format != kFormat) {
    throw NotWhole(path, "it is of another format");
  }
  const Sha256Digest digest = DigestBefore(block);
  if (!std::ranges::equal(DigestOf(block), std::as_bytes(std::span(digest)))) {
    throw NotWhole(path, "its header was changed");
  }
  const std::string_view text(reinterpret_cast<const char*>(block.data()) + sizeof(prefix),
                              std::min<size_t>(prefix.text_bytes, block.size() - sizeof(prefix)));
  try {
    return DecodeText(text);
  } catch (const std::exception& error) {
    throw NotWhole(path, error.what());
  }
}

void ReadAll(int file, std::span<std::byte> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = read(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw FileFailure("read", path, errno);
    if (count == 0) throw NotWhole(path, "it ends too early");
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
}

bool WriteBody(File& file, const recall::BrainIndex& index, bool yields) {
  Sha256Stream digest;
  const auto sink = [&](std::span<const std::byte> bytes) {
    digest.Add(bytes);
    file.Write(bytes);
    return true;
  };
  if (!index.Write(sink, yields)) return false;
  const Sha256Digest end = digest.Finish();
  file.Write(std::as_bytes(std::span(end)));
  return true;
}

}  // namespace

bool SnapshotHeader::operator==(const SnapshotHeader& other) const {
  return key == other.key && origin == other.origin && read_at == other.read_at &&
         episodes == other.episodes && position.ToString() == other.position.ToString();
}

std::string SnapshotName(const SnapshotKey& key) {
  return std::format("{}-{}{}", key.space, key.brain.ToString(), kSuffix);
}

std::optional<SnapshotKey> ParseSnapshotName(std::string_view name) {
  SnapshotKey key;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), key.space);
  if (error != std::errc()) return std::nullopt;
  const std::string_view rest = name.substr(static_cast<size_t>(end - name.data()));
  if (!rest.starts_with('-') || !rest.ends_with(kSuffix)) return std::nullopt;
  const auto brain = ParseUuid(rest.substr(1, rest.size() - 1 - kSuffix.size()));
  if (!brain) return std::nullopt;
  key.brain = *brain;
  return SnapshotName(key) == name ? std::optional(key) : std::nullopt;
}

bool WriteSnapshot(const std::filesystem::path& path, const SnapshotHeader& header,
                   const recall::BrainIndex& index, bool yields, SnapshotPen& pen) {
  const std::filesystem::path half = HalfWritten(path);
  Unlink(half);
  bool is_written = false;
  try {
    File file(half, O_WRONLY | O_CREAT | O_EXCL, "write");
    file.Write(Encode(header));
    is_written = WriteBody(file, index, yields);
    if (is_written) file.Sync();
  } catch (...) {
    unlink(half.c_str());
    throw;
  }
  std::lock_guard lock(pen.guards);
  if (!is_written || pen.is_taken_away) {
    Unlink(half);
    return false;
  }
  if (rename(half.c_str(), path.c_str()) != 0) {
    const int error_number = errno;
    unlink(half.c_str());
    throw FileFailure("write", path, error_number);
  }
  SyncFolderOf(path);
  return true;
}

void MoveSnapshot(const std::filesystem::path& path, const SnapshotHeader& header) {
  File file(path, O_WRONLY, "write");
  file.Write(Encode(header));
  file.Sync();
}

void RemoveSnapshot(const std::filesystem::path& path, SnapshotPen* pen) {
  if (pen != nullptr) {
    std::lock_guard lock(pen->guards);
    pen->is_taken_away = true;
  }
  Unlink(path);
  Unlink(HalfWritten(path));
  SyncFolderOf(path);
}

SnapshotReader::SnapshotReader(const std::filesystem::path& path)
    : file_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) {
  if (file_ < 0) throw FileFailure("read", path, errno);
  try {
    struct stat status;
    if (fstat(file_, &status) != 0) throw FileFailure("read", path, errno);
    bytes_ = static_cast<uint64_t>(status.st_size);
    if (bytes_ < kSnapshotHeaderBytes + sizeof(Sha256Digest)) {
      throw NotWhole(path, "it ends too early");
    }
    HeaderBlock block;
    ReadAll(file_, block, path);
    header_ = Decode(block, path);
    if (SnapshotName(header_.key) != path.filename()) throw NotWhole(path, "it has another name");
  } catch (...) {
    close(file_);
    throw;
  }
}

SnapshotReader::~SnapshotReader() { close(file_); }

class SnapshotReader::Body final : public recall::ByteSource {
 public:
  Body(int file, std::filesystem::path path) : file_(file), path_(std::move(path)) {}

  void Read(std::span<std::byte> bytes) override {
    ReadAll(file_, bytes, path_);
    digest_.Add(bytes);
  }
  void Check() override {
    Sha256Digest written;
    ReadAll(file_, std::as_writable_bytes(std::span(written)), path_);
    if (digest_.Finish() != written) throw NotWhole(path_, "it was changed");
  }

 private:
  int file_;
  std::filesystem::path path_;
  Sha256Stream digest_;
};

void SnapshotReader::ReadInto(recall::BrainIndex& index) {
  Body body(file_, SnapshotName(header_.key));
  recall::ImageReader reader(body, bytes_ - kSnapshotHeaderBytes - sizeof(Sha256Digest));
  index.Read(reader);
}

}  // namespace nexus::memory
