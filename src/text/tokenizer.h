// What a model's tokenizer does for us.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace nexus::text {

// Thread-safe. Text is valid UTF-8 of any length; nothing is cut off here.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // The model's ids for `text`, with its special tokens in front and behind.
  virtual std::vector<int32_t> Encode(std::string_view text) const = 0;

  // How many of the ids of any text are special tokens (2 for <s> … </s>).
  virtual size_t special_tokens() const = 0;

  // False if Encode only bounds how many ids there are, from above.
  virtual bool is_exact() const { return true; }
};

}  // namespace nexus::text
