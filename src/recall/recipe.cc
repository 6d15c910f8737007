#include "recall/recipe.h"

#include <algorithm>

#include "base/bytes.h"
#include "recall/brain_index.h"

namespace nexus::recall {
namespace {

constexpr std::string_view kSample =
    "The runners were running quickly; \"Don't they know?\" she'd asked on 3/5/2023 at 10:45 p.m. "
    "Los niños habían comido pingüinos de chocolate, ¿verdad? La señora Muñoz no vendrá mañana. "
    "naïve café ﬁnancial Ⅳ straße ДОМ 東京 snake_case x2 state-of-the-art 1,024.50 e-mail. ";

Episode Sample() {
  Episode episode;
  while (episode.content.size() <= kPassageBytes) episode.content += kSample;
  episode.speaker = "Ana María";
  episode.occurred_at = Timestamp(std::chrono::hours(466'000));
  return episode;
}

}  // namespace

std::string RecipeDigest() {
  std::string text;
  for (PreparedEpisode::Passage& passage : Prepare(Sample()).passages) {
    std::ranges::sort(passage.frequency);
    text += std::format("{} {} {}\n", passage.begin, passage.end, passage.length);
    for (const auto& [term, count] : passage.frequency) text += std::format("{} {}\n", term, count);
  }
  return ToHex(Sha256(text));
}

}  // namespace nexus::recall
