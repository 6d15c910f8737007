#include "base/describe.h"

namespace nexus::describe_internal {

std::string SnakeCase(std::string_view enumerator) {
  auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (enumerator.size() > 1 && enumerator[0] == 'k' && upper(enumerator[1])) {
    enumerator.remove_prefix(1);
  }
  std::string name;
  for (char c : enumerator) {
    if (upper(c) && !name.empty()) name += '_';
    name += upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return name;
}

}  // namespace nexus::describe_internal
