#include "recall/attributes_image.h"

#include <cmath>
#include <limits>

namespace nexus::recall {
namespace {

constexpr int kMantissaBits = 64;

// A long double without the bytes that mean nothing: -1^negative x mantissa x 2^exponent. It came
// from an integer or a double of a JSON text, so 64 bits hold it.
struct Number {
  uint64_t mantissa = 0;
  int32_t exponent = 0;
  uint32_t is_negative = 0;
};

enum Kind : uint8_t { kNull, kFalse, kTrue, kNumber, kString };

// RFC 3339 knows the years 0 to 9999.
constexpr auto kEarliest = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
constexpr auto kLatest = std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1);

Number Split(long double value) {
  Number number;
  const long double share = std::frexp(std::fabs(value), &number.exponent);
  number.mantissa = static_cast<uint64_t>(std::ldexp(share, kMantissaBits));
  number.exponent -= kMantissaBits;
  number.is_negative = std::signbit(value) ? 1 : 0;
  return number;
}

long double Join(const Number& number) {
  const long double value = std::ldexp(static_cast<long double>(number.mantissa), number.exponent);
  return number.is_negative != 0 ? -value : value;
}

void WriteLabel(ImageWriter& writer, const std::optional<std::string>& label) {
  writer.Put<uint8_t>(label ? 1 : 0);
  if (label) writer.PutText(*label);
}

std::optional<std::string> ReadLabel(ImageReader& reader) {
  if (reader.Get<uint8_t>() == 0) return std::nullopt;
  return reader.GetText();
}

struct ValueWriter {
  ImageWriter& writer;

  void operator()(std::monostate) const { writer.Put(kNull); }
  void operator()(bool value) const { writer.Put(value ? kTrue : kFalse); }
  void operator()(long double value) const {
    writer.Put(kNumber);
    writer.Put(Split(value));
  }
  void operator()(const std::string& value) const {
    writer.Put(kString);
    writer.PutText(value);
  }
};

MetadataValue ReadValue(ImageReader& reader) {
  switch (reader.Get<uint8_t>()) {
    case kNull:
      return std::monostate();
    case kFalse:
      return false;
    case kTrue:
      return true;
    case kNumber:
      return Join(reader.Get<Number>());
    case kString:
      return reader.GetText();
    default:
      RefuseImageUnless(false, "a value is of an unknown kind");
      return {};
  }
}

}  // namespace

void WriteAttributes(ImageWriter& writer, const Attributes& attributes) {
  writer.Put(attributes.occurred_at.time_since_epoch().count());
  writer.Put(attributes.importance_score);
  writer.Put(static_cast<uint32_t>(attributes.tags.size()));
  for (const std::string& tag : attributes.tags) writer.PutText(tag);
  WriteLabel(writer, attributes.project_id);
  WriteLabel(writer, attributes.session_id);
  WriteLabel(writer, attributes.speaker);
  writer.Put(static_cast<uint32_t>(attributes.metadata.size()));
  for (const auto& [key, value] : attributes.metadata) {
    writer.PutText(key);
    std::visit(ValueWriter{writer}, value);
  }
}

Attributes ReadAttributes(ImageReader& reader) {
  Attributes attributes;
  attributes.occurred_at = Timestamp(std::chrono::microseconds(reader.Get<int64_t>()));
  RefuseImageUnless(attributes.occurred_at >= kEarliest && attributes.occurred_at < kLatest,
                    "a time is none");
  attributes.importance_score = reader.Get<double>();
  RefuseImageUnless(attributes.importance_score >= 0 && attributes.importance_score <= 1,
                    "an importance is none");
  attributes.tags.resize(reader.GetCount(sizeof(uint32_t)));
  for (std::string& tag : attributes.tags) tag = reader.GetText();
  attributes.project_id = ReadLabel(reader);
  attributes.session_id = ReadLabel(reader);
  attributes.speaker = ReadLabel(reader);
  attributes.metadata.resize(reader.GetCount(sizeof(uint32_t) + 1));
  for (auto& [key, value] : attributes.metadata) {
    key = reader.GetText();
    value = ReadValue(reader);
  }
  return attributes;
}

}  // namespace nexus::recall
