// How base/describe.h makes its tables. Include that header, not this one.
#pragma once

#include <array>
#include <concepts>
#include <source_location>
#include <utility>
#include <vector>

#include "base/describe.h"

namespace nexus {

namespace describe_internal {

std::string SnakeCase(std::string_view enumerator);

template <typename T>
constexpr std::string_view TypeName() {
  std::string_view text = std::source_location::current().function_name();
  text.remove_prefix(text.find("T = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  if (size_t colon = text.rfind("::"); colon != text.npos) text.remove_prefix(colon + 2);
  return text;
}

template <typename T, template <typename...> class Template>
inline constexpr bool kIs = false;
template <template <typename...> class Template, typename... Args>
inline constexpr bool kIs<Template<Args...>, Template> = true;

template <typename T>
constexpr FieldRule RuleFor(std::string_view name) {
  if constexpr (requires { T::kFields; }) {
    for (const FieldRule& rule : T::kFields) {
      if (rule.name == name) return rule;
    }
  }
  return FieldRule{.name = name};
}

template <typename T, typename Member>
constexpr FieldInfo MakeField() {
  using M = std::remove_cvref_t<decltype(std::declval<T&>().*Member::pointer)>;
  return {
      .name = Member::name,
      .type = &TypeOf<M>,
      .member = [](void* object) -> void* { return &(static_cast<T*>(object)->*Member::pointer); },
      .rule = RuleFor<T>(Member::name)};
}

template <typename T, template <typename...> class List, typename... Members>
constexpr auto MakeFields(List<Members...>) {
  return std::array<FieldInfo, sizeof...(Members)>{MakeField<T, Members>()...};
}

// Every rule must name a member: a rule with a typing error would silently do nothing.
template <typename T, size_t N>
constexpr bool RulesNameMembers(const std::array<FieldInfo, N>& fields) {
  if constexpr (requires { T::kFields; }) {
    for (const FieldRule& rule : T::kFields) {
      bool found = false;
      for (const FieldInfo& field : fields) found = found || field.name == rule.name;
      if (!found) return false;
    }
  }
  return true;
}

template <typename T>
const TypeInfo& StructType() {
  using namespace boost::describe;
  static constexpr auto kFields =
      MakeFields<T>(describe_members < T, mod_public | mod_inherited > {});
  static_assert(RulesNameMembers<T>(kFields), "a rule in kFields names no described member");
  static constexpr TypeInfo kType = [] {
    TypeInfo type{.kind = TypeKind::kStruct, .name = TypeName<T>(), .fields = kFields};
    if constexpr (requires { T::kDescription; }) type.description = T::kDescription;
    type.blank = []() -> const void* {
      static const T blank{};
      return &blank;
    };
    return type;
  }();
  return kType;
}

template <typename T>
constexpr TypeInfo WithNumbers(TypeInfo type) {
  type.store = [](void* target, int64_t value) {
    *static_cast<T*>(target) = static_cast<T>(value);
  };
  type.load = [](const void* source) {
    return static_cast<int64_t>(*static_cast<const T*>(source));
  };
  return type;
}

template <typename E>
const TypeInfo& EnumType() {
  static const std::vector<EnumeratorInfo> enumerators =
      []<template <typename...> class List, typename... D>(List<D...>) {
        return std::vector<EnumeratorInfo>{{SnakeCase(D::name), static_cast<int64_t>(D::value)}...};
      }(boost::describe::describe_enumerators<E>{});
  static const TypeInfo type =
      WithNumbers<E>({.kind = TypeKind::kEnum, .name = TypeName<E>(), .enumerators = enumerators});
  return type;
}

template <typename T>
constexpr TypeInfo IntegerType() {
  constexpr auto kMost = std::numeric_limits<int64_t>::max();
  constexpr auto kHigh = std::numeric_limits<T>::max();
  return WithNumbers<T>(
      {.kind = TypeKind::kInteger,
       .low = std::numeric_limits<T>::min(),
       .high = std::cmp_greater(kHigh, kMost) ? kMost : static_cast<int64_t>(kHigh),
       .is_unsigned = std::is_unsigned_v<T>});
}

template <typename T>
constexpr TypeInfo ListType() {
  using Item = typename T::value_type;
  static_assert(!std::same_as<T, std::vector<bool>>, "a list of bool has no addresses");
  return {.kind = TypeKind::kList,
          .item = &TypeOf<Item>,
          .append = [](void* list) -> void* { return &static_cast<T*>(list)->emplace_back(); },
          .size = [](const void* list) { return static_cast<const T*>(list)->size(); },
          .at = [](const void* list, size_t index) -> const void* {
            return &(*static_cast<const T*>(list))[index];
          }};
}

template <typename T>
constexpr TypeInfo OptionalType() {
  using Item = typename T::value_type;
  return {.kind = TypeKind::kOptional,
          .item = &TypeOf<Item>,
          .append = [](void* optional) -> void* { return &static_cast<T*>(optional)->emplace(); },
          .size = [](const void* optional) -> size_t {
            return static_cast<const T*>(optional)->has_value() ? 1 : 0;
          },
          .at = [](const void* optional, size_t) -> const void* {
            return &**static_cast<const T*>(optional);
          }};
}

template <typename T>
constexpr TypeInfo PlainType() {
  if constexpr (std::same_as<T, std::string>) {
    return {.kind = TypeKind::kString};
  } else if constexpr (std::same_as<T, bool>) {
    return {.kind = TypeKind::kBool};
  } else if constexpr (std::integral<T>) {
    return IntegerType<T>();
  } else if constexpr (std::same_as<T, double>) {
    return {.kind = TypeKind::kNumber};
  } else if constexpr (std::same_as<T, Uuid>) {
    return {.kind = TypeKind::kUuid};
  } else if constexpr (std::same_as<T, Timestamp>) {
    return {.kind = TypeKind::kTimestamp};
  } else if constexpr (std::same_as<T, boost::json::value>) {
    return {.kind = TypeKind::kJson};
  } else if constexpr (std::same_as<T, boost::json::object>) {
    return {.kind = TypeKind::kJsonObject};
  } else if constexpr (kIs<T, std::vector>) {
    return ListType<T>();
  } else {
    static_assert(kIs<T, std::optional>,
                  "describe this type, or use one that base/describe.h names");
    return OptionalType<T>();
  }
}

}  // namespace describe_internal

template <typename T>
const TypeInfo& TypeOf() {
  if constexpr (std::is_enum_v<T>) {
    return describe_internal::EnumType<T>();
  } else if constexpr (boost::describe::has_describe_members<T>::value) {
    return describe_internal::StructType<T>();
  } else {
    static constexpr TypeInfo kType = describe_internal::PlainType<T>();
    return kType;
  }
}

template <typename E>
  requires std::is_enum_v<E>
std::string_view EnumName(E value) {
  for (const EnumeratorInfo& enumerator : TypeOf<E>().enumerators) {
    if (enumerator.value == static_cast<int64_t>(value)) return enumerator.name;
  }
  return {};
}

template <typename E>
  requires std::is_enum_v<E>
std::optional<E> EnumFromName(std::string_view name) {
  for (const EnumeratorInfo& enumerator : TypeOf<E>().enumerators) {
    if (enumerator.name == name) return static_cast<E>(enumerator.value);
  }
  return std::nullopt;
}

}  // namespace nexus
