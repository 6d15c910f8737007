#include "recall/image.h"

#include <algorithm>

#include "base/error.h"

namespace nexus::recall {

void RefuseImageUnless(bool holds, std::string_view what_is_wrong) {
  if (!holds) throw Failure(ErrorCode::kInvalid, std::string(what_is_wrong));
}

void ImageWriter::PutBytes(std::span<const std::byte> bytes) {
  if (!is_wanted_) return;
  if (buffer_.size() + bytes.size() > kBuffer) {
    is_wanted_ = sink_(buffer_);
    buffer_.clear();
  }
  if (bytes.size() <= kBuffer) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  } else if (is_wanted_) {
    is_wanted_ = sink_(bytes);
  }
}

void ImageWriter::PutText(std::string_view text) {
  Put(static_cast<uint32_t>(text.size()));
  PutBytes(std::as_bytes(std::span(text)));
}

bool ImageWriter::Finish() {
  if (is_wanted_) is_wanted_ = sink_(buffer_);
  buffer_.clear();
  return is_wanted_;
}

void ImageReader::GetBytes(std::span<std::byte> bytes) {
  RefuseImageUnless(bytes.size() <= left(), "it ends too early");
  while (!bytes.empty()) {
    if (used_ == buffer_.size() && bytes.size() >= kBuffer) {
      source_.Read(bytes);
      unread_ -= bytes.size();
      return;
    }
    if (used_ == buffer_.size()) {
      buffer_.resize(static_cast<size_t>(std::min<uint64_t>(kBuffer, unread_)));
      source_.Read(buffer_);
      unread_ -= buffer_.size();
      used_ = 0;
    }
    const size_t count = std::min(bytes.size(), buffer_.size() - used_);
    std::copy_n(buffer_.begin() + static_cast<ptrdiff_t>(used_), count, bytes.begin());
    used_ += count;
    bytes = bytes.subspan(count);
  }
}

std::string ImageReader::GetText() {
  std::string text(GetCount(1), '\0');
  GetBytes(std::as_writable_bytes(std::span(text)));
  return text;
}

uint32_t ImageReader::GetCount(size_t least_bytes) {
  const auto count = Get<uint32_t>();
  RefuseImageUnless(count <= left() / least_bytes, "it counts more than it can hold");
  return count;
}

void ImageReader::Finish() {
  RefuseImageUnless(left() == 0, "it goes on behind its end");
  source_.Check();
}

}  // namespace nexus::recall
