#include "api/codec.h"

#include <charconv>
#include <cmath>

#include "base/json.h"
#include "text/normalize.h"

namespace nexus::api {
namespace {

namespace json = boost::json;

std::optional<Error> Refuse(const std::string& pointer, std::string message,
                            std::string remedy = {}) {
  return Error{ErrorCode::kInvalid, std::move(message), pointer, std::move(remedy)};
}

std::string_view KindName(json::kind kind) {
  switch (kind) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "a list";
    case json::kind::object:
      return "an object";
    default:
      return "a number";
  }
}

std::optional<Error> WrongType(const std::string& pointer, std::string_view wanted,
                               const json::value& value) {
  return Refuse(pointer, std::format("must be {}, not {}", wanted, KindName(value.kind())));
}

size_t CodePoints(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::optional<Error> CheckText(const std::string& text, const FieldRule& rule,
                               const std::string& pointer) {
  if (rule.max_bytes > 0 && text.size() > rule.max_bytes) {
    return Error{ErrorCode::kTooLarge,
                 std::format("{} bytes exceed the limit of {}", text.size(), rule.max_bytes),
                 pointer, "send a shorter text"};
  }
  if (rule.not_empty && text.empty()) return Refuse(pointer, "must not be empty", "leave it out");
  if (rule.non_blank && text::IsBlank(text)) {
    return Refuse(pointer, "must hold something besides white space");
  }
  if (rule.max_length > 0 && CodePoints(text) > rule.max_length) {
    return Refuse(pointer, std::format("{} characters exceed the limit of {}", CodePoints(text),
                                       rule.max_length));
  }
  return std::nullopt;
}

// "0.001", "1000000": as people write it.
std::string Written(double number) { return std::format("{:.15g}", number); }

std::optional<Error> CheckNumber(double number, const FieldRule& rule, const std::string& pointer) {
  if (number >= rule.minimum && number <= rule.maximum) return std::nullopt;
  if (std::isinf(rule.maximum)) {
    return Refuse(pointer, std::format("must be at least {}", Written(rule.minimum)));
  }
  return Refuse(pointer, std::format("must be between {} and {}", Written(rule.minimum),
                                     Written(rule.maximum)));
}

std::optional<Error> Read(const TypeInfo& type, const json::value& value, const FieldRule& rule,
                          const std::string& pointer, void* target);

// 10.0 is one too, as JSON Schema has it: some languages print no other.
std::optional<int64_t> WholeNumber(const json::value& value) {
  constexpr double kExact = 1LL << 53;
  if (value.is_int64()) return value.get_int64();
  const double number = value.get_double();
  if (number != std::floor(number) || std::abs(number) > kExact) return std::nullopt;
  return static_cast<int64_t>(number);
}

std::optional<Error> ReadInteger(const TypeInfo& type, const json::value& value,
                                 const FieldRule& rule, const std::string& pointer, void* target) {
  if (!value.is_number()) return WrongType(pointer, "a number", value);
  if (value.is_uint64()) return Refuse(pointer, "the number is too large");
  const std::optional<int64_t> number = WholeNumber(value);
  if (!number) return Refuse(pointer, "must be a whole number");
  if (*number < type.low || *number > type.high) {
    return Refuse(pointer, std::format("must be between {} and {}", type.low, type.high));
  }
  type.store(target, *number);
  return CheckNumber(static_cast<double>(*number), rule, pointer);
}

std::optional<Error> ReadText(const TypeInfo& type, const json::value& value, const FieldRule& rule,
                              const std::string& pointer, void* target) {
  const auto* text = value.if_string();
  if (text == nullptr) return WrongType(pointer, "a string", value);
  if (type.kind == TypeKind::kString) {
    auto& string = *static_cast<std::string*>(target);
    string = std::string_view(*text);
    return CheckText(string, rule, pointer);
  }
  if (type.kind == TypeKind::kUuid) {
    auto id = ParseUuid(*text);
    if (!id) return Refuse(pointer, "must be a UUID like 019307c2-8f2e-7b61-9a4e-3c5d7e9f1a2b");
    *static_cast<Uuid*>(target) = *id;
    return std::nullopt;
  }
  if (type.kind == TypeKind::kTimestamp) {
    auto time = ParseRfc3339(*text);
    if (!time) return Refuse(pointer, "must be an RFC 3339 time like 2026-11-24T13:52:30Z");
    *static_cast<Timestamp*>(target) = *time;
    return std::nullopt;
  }
  std::string allowed;
  for (const EnumeratorInfo& enumerator : type.enumerators) {
    if (enumerator.name == std::string_view(*text)) {
      type.store(target, enumerator.value);
      return std::nullopt;
    }
    allowed += (allowed.empty() ? "" : ", ") + enumerator.name;
  }
  return Refuse(pointer, "must be one of " + allowed);
}

std::optional<Error> ReadList(const TypeInfo& type, const json::value& value, const FieldRule& rule,
                              const std::string& pointer, void* target) {
  const auto* list = value.if_array();
  if (list == nullptr) return WrongType(pointer, "a list", value);
  if (rule.max_items > 0 && list->size() > rule.max_items) {
    return Refuse(pointer,
                  std::format("{} items exceed the limit of {}", list->size(), rule.max_items),
                  "send fewer at once");
  }
  if (list->size() < rule.min_items) {
    return Refuse(pointer, std::format("must hold at least {} item(s)", rule.min_items));
  }
  for (size_t i = 0; i < list->size(); ++i) {
    if (auto error =
            Read(type.item(), (*list)[i], rule, JsonPointer(pointer, i), type.append(target))) {
      return error;
    }
  }
  return std::nullopt;
}

std::string FieldNames(const TypeInfo& type) {
  std::string names;
  for (const FieldInfo& field : type.fields) {
    names += (names.empty() ? "" : ", ") + std::string(field.name);
  }
  return names.empty() ? "none" : names;
}

std::optional<Error> ReadStruct(const TypeInfo& type, const json::value& value,
                                const std::string& pointer, void* target) {
  const auto* object = value.if_object();
  if (object == nullptr) return WrongType(pointer, "an object", value);
  for (const auto& member : *object) {
    const bool known = std::ranges::any_of(
        type.fields, [&](const FieldInfo& field) { return field.name == member.key(); });
    if (!known) {
      return Refuse(JsonPointer(pointer, member.key()), "is not a field that is known here",
                    "known are: " + FieldNames(type));
    }
  }
  for (const FieldInfo& field : type.fields) {
    const std::string place = JsonPointer(pointer, field.name);
    const auto* member = object->if_contains(field.name);
    const TypeInfo& inner = field.type();
    if (member == nullptr) {
      if (inner.kind == TypeKind::kOptional || field.rule.defaulted) continue;
      return Refuse(place, "is required");
    }
    if (auto error = Read(inner, *member, field.rule, place, field.member(target))) return error;
  }
  return std::nullopt;
}

std::optional<Error> Read(const TypeInfo& type, const json::value& value, const FieldRule& rule,
                          const std::string& pointer, void* target) {
  switch (type.kind) {
    case TypeKind::kBool:
      if (!value.is_bool()) return WrongType(pointer, "a boolean", value);
      *static_cast<bool*>(target) = value.get_bool();
      return std::nullopt;
    case TypeKind::kInteger:
      return ReadInteger(type, value, rule, pointer, target);
    case TypeKind::kNumber:
      if (!value.is_number()) return WrongType(pointer, "a number", value);
      *static_cast<double*>(target) = value.to_number<double>();
      return CheckNumber(*static_cast<double*>(target), rule, pointer);
    case TypeKind::kJson:
      *static_cast<json::value*>(target) = value;
      return std::nullopt;
    case TypeKind::kJsonObject:
      if (!value.is_object()) return WrongType(pointer, "an object", value);
      *static_cast<json::object*>(target) = value.get_object();
      return std::nullopt;
    case TypeKind::kStruct:
      return ReadStruct(type, value, pointer, target);
    case TypeKind::kList:
      return ReadList(type, value, rule, pointer, target);
    case TypeKind::kOptional:
      if (value.is_null() && !rule.not_null) return std::nullopt;
      return Read(type.item(), value, rule, pointer, type.append(target));
    default:
      return ReadText(type, value, rule, pointer, target);
  }
}

json::value WriteList(const TypeInfo& type, const void* source) {
  json::array list;
  const size_t size = type.size(source);
  list.reserve(size);
  for (size_t i = 0; i < size; ++i) list.push_back(WriteJson(type.item(), type.at(source, i)));
  return list;
}

json::value WriteStruct(const TypeInfo& type, const void* source) {
  json::object object;
  for (const FieldInfo& field : type.fields) {
    const TypeInfo& inner = field.type();
    const void* member = field.member(const_cast<void*>(source));
    if (inner.kind == TypeKind::kOptional && inner.size(member) == 0) {
      if (field.rule.null_when_empty) object[field.name] = nullptr;
      continue;
    }
    object[field.name] = WriteJson(inner, member);
  }
  return object;
}

std::string_view WriteEnum(const TypeInfo& type, const void* source) {
  for (const EnumeratorInfo& enumerator : type.enumerators) {
    if (enumerator.value == type.load(source)) return enumerator.name;
  }
  return {};
}

// A parameter's text as the JSON value that its field expects; what does not fit stays a string,
// and reading it says what was expected.
json::value ParameterToJson(const TypeInfo& type, const std::string& text) {
  const TypeInfo& inner =
      type.kind == TypeKind::kOptional || type.kind == TypeKind::kList ? type.item() : type;
  const char* end = text.data() + text.size();
  if (inner.kind == TypeKind::kBool && (text == "true" || text == "false")) return text == "true";
  if (inner.kind == TypeKind::kInteger) {
    int64_t number = 0;
    if (std::from_chars(text.data(), end, number) == std::from_chars_result{end, std::errc()})
      return number;
  }
  if (inner.kind == TypeKind::kNumber) {
    double number = 0;
    if (std::from_chars(text.data(), end, number) == std::from_chars_result{end, std::errc()} &&
        std::isfinite(number)) {
      return number;
    }
  }
  return json::string(text);
}

}  // namespace

std::optional<Error> ReadJson(const TypeInfo& type, const json::value& value,
                              const std::string& pointer, void* target) {
  return Read(type, value, FieldRule{}, pointer, target);
}

json::value WriteJson(const TypeInfo& type, const void* source) {
  switch (type.kind) {
    case TypeKind::kString:
      return json::string(*static_cast<const std::string*>(source));
    case TypeKind::kBool:
      return *static_cast<const bool*>(source);
    case TypeKind::kInteger:
      return type.load(source);
    case TypeKind::kNumber:
      return *static_cast<const double*>(source);
    case TypeKind::kUuid:
      return json::string(static_cast<const Uuid*>(source)->ToString());
    case TypeKind::kTimestamp:
      return json::string(FormatTimestamp(*static_cast<const Timestamp*>(source)));
    case TypeKind::kJson:
      return *static_cast<const json::value*>(source);
    case TypeKind::kJsonObject:
      return *static_cast<const json::object*>(source);
    case TypeKind::kEnum:
      return json::string(WriteEnum(type, source));
    case TypeKind::kStruct:
      return WriteStruct(type, source);
    case TypeKind::kList:
      return WriteList(type, source);
    case TypeKind::kOptional:
      return type.size(source) == 0 ? json::value() : WriteJson(type.item(), type.at(source, 0));
  }
  return {};
}

Result<json::value> QueryToJson(const TypeInfo& type,
                                std::span<const std::pair<std::string, std::string>> query) {
  json::object object;
  for (const auto& [name, text] : query) {
    if (FindInvalidUtf8(name + text) != std::string::npos || text.contains('\0')) {
      return FailField(ErrorCode::kInvalid, JsonPointer("", name), "is not valid UTF-8 text");
    }
    auto field = std::ranges::find(type.fields, name, &FieldInfo::name);
    if (field == type.fields.end()) {
      return FailField(ErrorCode::kInvalid, JsonPointer("", name),
                       "is not a parameter that is known here", "known are: " + FieldNames(type));
    }
    json::value value = ParameterToJson(field->type(), text);
    if (field->type().kind == TypeKind::kList) {
      if (!object.contains(name)) object[name] = json::array();
      object[name].as_array().push_back(std::move(value));
    } else if (!object.emplace(name, std::move(value)).second) {
      return FailField(ErrorCode::kInvalid, JsonPointer("", name), "comes twice");
    }
  }
  return object;
}

}  // namespace nexus::api
