// An index as bytes, written and read from front to back, for a file that spares the building of
// it. Numbers are as this machine holds them (little-endian; asserted): the file stays on it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace nexus::recall {

static_assert(std::endian::native == std::endian::little);

// What can be copied byte by byte. Types with bytes between their members are not for images.
template <typename T>
concept Plain = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>;

// Takes the bytes; false if it wants no more of them. May throw.
using ByteSink = std::function<bool(std::span<const std::byte>)>;

class ImageWriter {
 public:
  explicit ImageWriter(const ByteSink& sink) : sink_(sink) { buffer_.reserve(kBuffer); }
  ImageWriter(const ImageWriter&) = delete;

  template <Plain T>
  void Put(const T& value) {
    PutBytes(std::as_bytes(std::span(&value, 1)));
  }
  template <Plain T>
  void PutAll(std::span<const T> values) {
    PutBytes(std::as_bytes(values));
  }
  void PutText(std::string_view text);

  // What is still held goes to the sink. False if that wanted no more at some time.
  bool Finish();
  // False from the moment that the sink wants no more: what is put then goes nowhere.
  bool is_wanted() const { return is_wanted_; }

 private:
  static constexpr size_t kBuffer = 1 << 20;

  void PutBytes(std::span<const std::byte> bytes);

  const ByteSink& sink_;
  std::vector<std::byte> buffer_;
  bool is_wanted_ = true;
};

// Where an image is read from. Both functions throw Failure.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills all of it.
  virtual void Read(std::span<std::byte> bytes) = 0;
  // All was read: were these the bytes that were written?
  virtual void Check() = 0;
};

// Every function throws Failure(kInvalid) where the bytes are no image; nothing that they say is
// believed before it is compared with how many there are.
class ImageReader {
 public:
  ImageReader(ByteSource& source, uint64_t size) : source_(source), unread_(size) {}
  ImageReader(const ImageReader&) = delete;

  template <Plain T>
  T Get() {
    T value;
    GetBytes(std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
  template <Plain T>
  void GetAll(std::span<T> values) {
    GetBytes(std::as_writable_bytes(values));
  }
  std::string GetText();
  // A number of things that take so many bytes each, at least.
  uint32_t GetCount(size_t least_bytes);

  // Nothing may be left, and the source must agree.
  void Finish();

  uint64_t left() const { return unread_ + buffer_.size() - used_; }

 private:
  static constexpr size_t kBuffer = 1 << 18;

  void GetBytes(std::span<std::byte> bytes);

  ByteSource& source_;
  uint64_t unread_;  // by the buffer
  std::vector<std::byte> buffer_;
  size_t used_ = 0;  // of the buffer
};

// Throws Failure(kInvalid), which says what is wrong.
void RefuseImageUnless(bool holds, std::string_view what_is_wrong);

}  // namespace nexus::recall
