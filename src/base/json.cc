#include "base/json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>
#include <cassert>
#include <charconv>
#include <cmath>
#include <set>

namespace nexus {
namespace {

namespace json = boost::json;

// Builds the value and keeps track of where it is, for the sake of errors.
class StrictHandler {
 public:
  static constexpr size_t max_object_size = static_cast<size_t>(-1);
  static constexpr size_t max_array_size = static_cast<size_t>(-1);
  static constexpr size_t max_key_size = static_cast<size_t>(-1);
  static constexpr size_t max_string_size = static_cast<size_t>(-1);

  explicit StrictHandler(size_t max_values) : max_values_(max_values) {}

  json::value Release() { return stack_.release(); }
  const std::string& fault() const { return fault_; }

  std::string Place() const {
    std::string pointer;
    for (const Frame& frame : frames_) {
      if (frame.is_array) {
        pointer = JsonPointer(pointer, frame.index);
      } else if (frame.in_member) {
        pointer = JsonPointer(pointer, frame.key);
      }
    }
    return pointer;
  }

  bool on_document_begin(boost::system::error_code&) { return true; }
  bool on_document_end(boost::system::error_code&) { return true; }
  bool on_object_begin(boost::system::error_code&) {
    frames_.push_back({.is_array = false});
    return true;
  }
  bool on_array_begin(boost::system::error_code&) {
    frames_.push_back({.is_array = true});
    return true;
  }
  bool on_object_end(size_t count, boost::system::error_code& ec) {
    frames_.pop_back();
    stack_.push_object(count);
    return EndValue(ec);
  }
  bool on_array_end(size_t count, boost::system::error_code& ec) {
    frames_.pop_back();
    stack_.push_array(count);
    return EndValue(ec);
  }

  bool on_key_part(std::string_view part, size_t, boost::system::error_code& ec) {
    key_ += part;
    stack_.push_chars(part);
    return RefuseNul(part, ec);
  }
  bool on_key(std::string_view part, size_t, boost::system::error_code& ec) {
    key_ += part;
    stack_.push_key(part);
    Frame& frame = frames_.back();
    frame.key = std::exchange(key_, {});
    frame.in_member = true;
    if (!RefuseNul(frame.key, ec)) return false;
    return frame.seen.insert(frame.key).second || Refuse("the key comes twice in its object", ec);
  }
  bool on_string_part(std::string_view part, size_t, boost::system::error_code& ec) {
    stack_.push_chars(part);
    return RefuseNul(part, ec);
  }
  bool on_string(std::string_view part, size_t, boost::system::error_code& ec) {
    stack_.push_string(part);
    return RefuseNul(part, ec) && EndValue(ec);
  }
  bool on_number_part(std::string_view, boost::system::error_code&) { return true; }
  bool on_int64(int64_t value, std::string_view, boost::system::error_code& ec) {
    stack_.push_int64(value);
    return EndValue(ec);
  }
  bool on_uint64(uint64_t value, std::string_view, boost::system::error_code& ec) {
    stack_.push_uint64(value);
    return EndValue(ec);
  }
  bool on_double(double value, std::string_view, boost::system::error_code& ec) {
    if (!std::isfinite(value)) return Refuse("the number is too large", ec);
    stack_.push_double(value);
    return EndValue(ec);
  }
  bool on_bool(bool value, boost::system::error_code& ec) {
    stack_.push_bool(value);
    return EndValue(ec);
  }
  bool on_null(boost::system::error_code& ec) {
    stack_.push_null();
    return EndValue(ec);
  }
  bool on_comment_part(std::string_view, boost::system::error_code&) { return true; }
  bool on_comment(std::string_view, boost::system::error_code&) { return true; }

 private:
  struct Frame {
    bool is_array;
    bool in_member = false;  // between a key and the end of its value
    size_t index = 0;
    std::string key;
    std::set<std::string, std::less<>> seen;
  };

  bool EndValue(boost::system::error_code& ec) {
    if (++values_ > max_values_) {
      return Refuse(std::format("there are more than {} values in it", max_values_), ec);
    }
    if (frames_.empty()) return true;
    Frame& frame = frames_.back();
    if (frame.is_array) ++frame.index;
    frame.in_member = false;
    return true;
  }
  bool Refuse(std::string_view fault, boost::system::error_code& ec) {
    fault_ = fault;
    ec = json::error::exception;
    return false;
  }
  bool RefuseNul(std::string_view part, boost::system::error_code& ec) {
    return part.find('\0') == part.npos || Refuse("text may not hold NUL (\\u0000)", ec);
  }

  size_t max_values_;
  size_t values_ = 0;
  json::value_stack stack_;
  std::vector<Frame> frames_;
  std::string key_;
  std::string fault_;
};

constexpr const char* kHalfOfAPair = "a surrogate (\\uD800 to \\uDFFF) stands without its partner";

std::string Describe(boost::system::error_code ec, JsonLimits limits) {
  if (ec == json::error::incomplete) return "the text ends before the value does";
  if (ec == json::error::extra_data) return "something follows the value";
  if (ec == json::error::too_deep) {
    return std::format("more than {} arrays and objects inside each other", limits.max_depth);
  }
  if (ec == json::error::illegal_leading_surrogate ||
      ec == json::error::illegal_trailing_surrogate) {
    return kHalfOfAPair;
  }
  if (ec == json::error::expected_hex_digit) return "\\u needs four hexadecimal digits";
  if (ec == json::error::exponent_overflow) return "the number is too large";
  return "this character cannot stand here";
}

// The length of the UTF-8 sequence that `text` begins with (RFC 3629, section 4), or 0.
size_t SequenceLength(std::string_view text) {
  auto byte = [&](size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  auto tail = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4 || !tail(1)) return 0;
  if (lead < 0xE0) return 2;
  unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high || !tail(2)) return 0;
  if (lead < 0xF0) return 3;
  return tail(3) ? 4 : 0;
}

// True if it ends in "\uD800" to "\uDBFF", the first half of a pair.
bool EndsInHalfOfAPair(std::string_view text) {
  constexpr size_t kEscape = sizeof("\\uD800") - 1;
  if (text.size() < kEscape) return false;
  const std::string_view escape = text.substr(text.size() - kEscape);
  text.remove_suffix(kEscape);
  const size_t last_other = text.find_last_not_of('\\');
  const size_t backslashes = text.size() - (last_other == text.npos ? 0 : last_other + 1);
  return escape.starts_with("\\u") && std::string_view("dD").contains(escape[2]) &&
         std::string_view("89abAB").contains(escape[3]) && backslashes % 2 == 0;
}

void AppendEscaped(std::string& out, char c) {
  static constexpr char kDigits[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      out += "\\u00";
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[c & 15];
  }
}

template <typename Number>
void AppendInteger(std::string& out, Number value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void AppendDouble(std::string& out, double value) {
  assert(std::isfinite(value));
  char digits[64];
  double size = std::abs(value);
  auto format = size == 0 || (size >= 1e-5 && size < 1e15) ? std::chars_format::fixed
                                                           : std::chars_format::scientific;
  std::string_view text(digits, std::to_chars(digits, digits + sizeof digits, value, format).ptr);
  out += text;
  if (text.find_first_of(".e") == text.npos) out += ".0";
}

void Append(std::string& out, const json::value& value);

void AppendArray(std::string& out, const json::array& array) {
  out += '[';
  for (const json::value& item : array) {
    if (&item != array.begin()) out += ',';
    Append(out, item);
  }
  out += ']';
}

void AppendObject(std::string& out, const json::object& object) {
  out += '{';
  for (const auto& member : object) {
    if (&member != object.begin()) out += ',';
    AppendJsonString(out, member.key());
    out += ':';
    Append(out, member.value());
  }
  out += '}';
}

void Append(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      out += "null";
      return;
    case json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      return;
    case json::kind::int64:
      return AppendInteger(out, value.get_int64());
    case json::kind::uint64:
      return AppendInteger(out, value.get_uint64());
    case json::kind::double_:
      return AppendDouble(out, value.get_double());
    case json::kind::string:
      return AppendJsonString(out, value.get_string());
    case json::kind::array:
      return AppendArray(out, value.get_array());
    case json::kind::object:
      return AppendObject(out, value.get_object());
  }
}

}  // namespace

Result<boost::json::value> ParseJson(std::string_view text, JsonLimits limits) {
  json::parse_options options;
  options.max_depth = limits.max_depth;
  options.numbers = json::number_precision::precise;
  json::basic_parser<StrictHandler> parser(options, limits.max_values);
  boost::system::error_code ec;
  size_t read = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && read < text.size()) ec = json::error::extra_data;
  if (!ec) return parser.handler().Release();

  std::string what = parser.handler().fault();
  if (what.empty() && ec == json::error::syntax) {
    if (size_t bad = FindInvalidUtf8(text); bad != text.npos && bad <= read + 4) {
      what = "the bytes are not UTF-8";
      read = bad;
    }
  }
  if (what.empty() && EndsInHalfOfAPair(text.substr(0, read))) what = kHalfOfAPair;
  if (what.empty()) what = Describe(ec, limits);
  return FailField(ErrorCode::kInvalid, parser.handler().Place(),
                   std::format("This is not valid JSON: at byte {}, {}.", read, what));
}

std::string SerializeJson(const boost::json::value& value) {
  std::string out;
  Append(out, value);
  return out;
}

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  size_t plain = 0;  // from here on nothing has been written
  for (size_t i = 0; i < text.size();) {
    auto c = static_cast<unsigned char>(text[i]);
    size_t length = c < 0x80 ? 1 : SequenceLength(text.substr(i));
    if (length > 0 && c >= 0x20 && c != '"' && c != '\\') {
      i += length;
      continue;
    }
    out += text.substr(plain, i - plain);
    if (length == 0) {
      out += "\uFFFD";
    } else {
      AppendEscaped(out, text[i]);
    }
    plain = ++i;
  }
  out += text.substr(plain);
  out += '"';
}

std::string JsonPointer(std::string_view parent, std::string_view key) {
  std::string pointer(parent);
  pointer += '/';
  for (char c : key) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

std::string JsonPointer(std::string_view parent, size_t index) {
  return std::format("{}/{}", parent, index);
}

size_t FindInvalidUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    size_t length = SequenceLength(text.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return text.npos;
}

}  // namespace nexus
