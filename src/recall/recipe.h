// Which recipe the terms of an index were made by.
#pragma once

#include <string>

namespace nexus::recall {

// Changes when Prepare() makes other terms, passages or lengths of a text that has some of
// everything. In hexadecimal.
std::string RecipeDigest();

}  // namespace nexus::recall
