#include "api/schema.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cmath>

#include "api/codec.h"

namespace nexus::api {
namespace {

namespace json = boost::json;

void AddTextRules(json::object& schema, const FieldRule& rule) {
  schema["type"] = "string";
  if (rule.not_empty) schema["minLength"] = 1;
  if (rule.non_blank) {
    schema["minLength"] = 1;
    schema["pattern"] = "\\S";
  }
  if (!rule.pattern.empty()) schema["pattern"] = rule.pattern;
  if (rule.max_length > 0) schema["maxLength"] = rule.max_length;
  if (rule.max_bytes > 0) schema["maxLength"] = rule.max_bytes;  // bytes are at least characters
}

void AddNumberRules(json::object& schema, const FieldRule& rule, bool integer) {
  schema["type"] = integer ? "integer" : "number";
  auto bound = [&](double number) -> json::value {
    if (integer) return static_cast<int64_t>(number);
    return number;
  };
  if (!std::isinf(rule.minimum)) schema["minimum"] = bound(rule.minimum);
  if (!std::isinf(rule.maximum)) schema["maximum"] = bound(rule.maximum);
}

json::object StructSchema(const TypeInfo& type, json::object& components) {
  json::object properties;
  json::array required;
  for (const FieldInfo& field : type.fields) {
    const TypeInfo& inner = field.type();
    json::object schema = SchemaOf(inner, field.rule, components);
    if (!field.rule.description.empty()) schema["description"] = field.rule.description;
    if (field.rule.defaulted && type.blank != nullptr) {
      const void* blank = field.member(const_cast<void*>(type.blank()));
      schema["default"] = WriteJson(inner, blank);
    }
    properties[field.name] = std::move(schema);
    if (inner.kind != TypeKind::kOptional && !field.rule.defaulted)
      required.push_back(json::string(field.name));
  }
  json::object schema{{"type", "object"}, {"additionalProperties", false}};
  if (!type.description.empty()) schema["description"] = type.description;
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

json::object ReferToStruct(const TypeInfo& type, json::object& components) {
  if (!components.contains(type.name)) {
    components[type.name] = json::object();  // holds the place: a struct may hold itself
    json::object schema = StructSchema(type, components);
    components[type.name] = std::move(schema);
  }
  return {{"$ref", "#/components/schemas/" + std::string(type.name)}};
}

json::object EnumSchema(const TypeInfo& type) {
  json::array names;
  for (const EnumeratorInfo& enumerator : type.enumerators) {
    names.push_back(json::string(enumerator.name));
  }
  return {{"type", "string"}, {"enum", std::move(names)}};
}

json::object ListSchema(const TypeInfo& type, const FieldRule& rule, json::object& components) {
  json::object schema{{"type", "array"}, {"items", SchemaOf(type.item(), rule, components)}};
  if (rule.min_items > 0) schema["minItems"] = rule.min_items;
  if (rule.max_items > 0) schema["maxItems"] = rule.max_items;
  return schema;
}

json::object OptionalSchema(const TypeInfo& type, const FieldRule& rule, json::object& components) {
  json::object inner = SchemaOf(type.item(), rule, components);
  if (rule.not_null) return inner;
  if (inner.contains("type") && inner["type"].is_string() && !inner.contains("enum")) {
    inner["type"] = json::array{inner["type"], "null"};
    return inner;
  }
  return {{"anyOf", json::array{std::move(inner), json::object{{"type", "null"}}}}};
}

}  // namespace

json::object SchemaOf(const TypeInfo& type, const FieldRule& rule, json::object& components) {
  json::object schema;
  switch (type.kind) {
    case TypeKind::kString:
      AddTextRules(schema, rule);
      return schema;
    case TypeKind::kBool:
      return {{"type", "boolean"}};
    case TypeKind::kInteger:
      AddNumberRules(schema, rule, true);
      return schema;
    case TypeKind::kNumber:
      AddNumberRules(schema, rule, false);
      return schema;
    case TypeKind::kUuid:
      return {{"type", "string"}, {"format", "uuid"}};
    case TypeKind::kTimestamp:
      return {{"type", "string"}, {"format", "date-time"}};
    case TypeKind::kJson:
      return {};
    case TypeKind::kJsonObject:
      return {{"type", "object"}};
    case TypeKind::kEnum:
      return EnumSchema(type);
    case TypeKind::kStruct:
      return ReferToStruct(type, components);
    case TypeKind::kList:
      return ListSchema(type, rule, components);
    case TypeKind::kOptional:
      return OptionalSchema(type, rule, components);
  }
  return schema;
}

}  // namespace nexus::api
