#include "recall/word_index.h"

namespace nexus::recall {
namespace {

constexpr float kMostFrequent = 1 << 24;  // up to which floats count exactly

}  // namespace

void WordIndex::Write(ImageWriter& writer, const std::vector<uint32_t>& slots) const {
  std::vector<uint32_t> places(passages_.slots(), kNone);
  for (uint32_t place = 0; place < slots.size(); ++place) places[slots[place]] = place;
  for (uint32_t slot : slots) writer.Put(static_cast<uint32_t>(terms_of_[slot].size()));
  uint32_t count = 0;
  for (const Term& term : terms_) count += term.passages > 0 ? 1 : 0;
  writer.Put(count);
  std::vector<Posting> living;
  for (const auto& [spelling, id] : ids_) {
    if (!writer.is_wanted()) return;
    if (terms_[id].passages == 0) continue;
    living.clear();
    for (const Posting& posting : terms_[id].postings) {
      if (passages_.IsLiving(posting.slot))
        living.push_back({places[posting.slot], posting.frequency});
    }
    writer.PutText(spelling);
    writer.Put(static_cast<uint32_t>(living.size()));
    writer.PutAll(std::span<const Posting>(living));
  }
}

WordIndex WordIndex::Read(ImageReader& reader, PassageChain passages) {
  WordIndex made;
  made.passages_ = std::move(passages);
  made.terms_of_.resize(made.passages_.slots());
  uint64_t postings = 0;
  for (auto& terms : made.terms_of_) {
    const auto count = reader.Get<uint32_t>();
    RefuseImageUnless((postings += count) <= reader.left() / sizeof(Posting),
                      "it counts more terms than it can hold");
    terms.reserve(count);
  }
  const uint32_t count = reader.GetCount(2 * sizeof(uint32_t) + sizeof(Posting));
  made.terms_.reserve(count);
  made.ids_.reserve(count);
  for (uint32_t term = 0; term < count; ++term) made.ReadTerm(reader);
  return made;
}

void WordIndex::ReadTerm(ImageReader& reader) {
  std::string spelling = reader.GetText();
  spelling_bytes_ += spelling.size();
  const auto id = static_cast<uint32_t>(terms_.size());
  RefuseImageUnless(ids_.emplace(std::move(spelling), id).second, "a term comes twice");
  Term& term = terms_.emplace_back();
  term.postings.resize(reader.GetCount(sizeof(Posting)));
  reader.GetAll(std::span(term.postings));
  term.passages = static_cast<uint32_t>(term.postings.size());
  postings_ += term.postings.size();
  for (const Posting& posting : term.postings) {
    RefuseImageUnless(posting.slot < terms_of_.size(), "a term is in a passage that is not there");
    RefuseImageUnless(posting.frequency > 0 && posting.frequency <= kMostFrequent,
                      "a term is counted wrongly");
    terms_of_[posting.slot].push_back(id);
  }
}

}  // namespace nexus::recall
