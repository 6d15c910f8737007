#include "text/unigram_vocabulary.h"

#include <bit>
#include <cmath>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "base/json.h"

namespace nexus::text {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's arrays are read as they are");

constexpr std::string_view kMagic = "NXUNIGR1";

struct Header {
  uint32_t pieces;
  uint32_t piece_bytes;
  uint32_t points;
  uint32_t replacements;
  int32_t bos;
  int32_t eos;
  int32_t unknown;
  float unknown_score;
};

// Walks through the bytes of the file; every complaint names it.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
      throw Failure(ErrorCode::kNotFound, "cannot read the tokenizer file " + file.string(),
                    kRemedy);
    }
    bytes_.assign(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }

  std::string_view Take(size_t size) {
    Check(size <= bytes_.size() - at_, "it ends too early");
    at_ += size;
    return std::string_view(bytes_).substr(at_ - size, size);
  }

  template <typename T>
  std::vector<T> TakeArray(size_t count) {
    const std::string_view bytes = Take(count * sizeof(T));
    std::vector<T> values(count);
    if (count > 0) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }

  bool AtEnd() const { return at_ == bytes_.size(); }

  void Check(bool sound, std::string_view complaint) const {
    if (sound) return;
    throw Failure(ErrorCode::kInternal,
                  std::format("the tokenizer file {} is damaged: {}", file_.string(), complaint),
                  kRemedy);
  }

 private:
  static constexpr const char* kRemedy =
      "remove the model's directory and make it again (`make model`)";

  std::filesystem::path file_;
  std::string bytes_;
  size_t at_ = 0;
};

bool IsCodePoint(uint32_t point) { return point < 0x110000 && (point < 0xD800 || point > 0xDFFF); }

// `ends` cuts a whole of `total` into parts, in order.
bool CutsUp(std::span<const uint32_t> ends, size_t total) {
  return std::ranges::is_sorted(ends) && (ends.empty() ? 0 : ends.back()) == total;
}

std::vector<std::string_view> CutPieces(const Reader& reader, std::span<const uint32_t> ends,
                                        std::string_view bytes) {
  reader.Check(CutsUp(ends, bytes.size()), "the ends of its pieces are out of order");
  std::vector<std::string_view> pieces;
  pieces.reserve(ends.size());
  size_t begin = 0;
  for (size_t end : ends) {
    const std::string_view piece = bytes.substr(begin, end - begin);
    reader.Check(!piece.empty() && FindInvalidUtf8(piece) == piece.npos, "a piece is not UTF-8");
    reader.Check(pieces.empty() || pieces.back() < piece, "its pieces are out of order");
    pieces.push_back(piece);
    begin = end;
  }
  return pieces;
}

void CheckNumbers(const Reader& reader, const UnigramVocabulary& vocabulary) {
  reader.Check(vocabulary.bos >= 0 && vocabulary.eos >= 0 && vocabulary.unknown >= 0 &&
                   std::ranges::all_of(vocabulary.ids, [](int32_t id) { return id >= 0; }),
               "it has negative ids");
  reader.Check(std::isfinite(vocabulary.unknown_score) &&
                   std::ranges::all_of(vocabulary.scores, [](float s) { return std::isfinite(s); }),
               "a score is not a number");
  reader.Check(std::ranges::is_sorted(vocabulary.points, std::less_equal()) &&
                   std::ranges::all_of(vocabulary.points, IsCodePoint) &&
                   std::ranges::all_of(vocabulary.replacements, IsCodePoint) &&
                   CutsUp(vocabulary.point_ends, vocabulary.replacements.size()),
               "its normalisation is out of order");
}

}  // namespace

UnigramVocabulary UnigramVocabulary::Load(const std::filesystem::path& file) {
  Reader reader(file);
  reader.Check(reader.Take(kMagic.size()) == kMagic,
               "it does not begin with " + std::string(kMagic));
  const Header header = reader.TakeArray<Header>(1).front();
  UnigramVocabulary vocabulary;
  vocabulary.bos = header.bos;
  vocabulary.eos = header.eos;
  vocabulary.unknown = header.unknown;
  vocabulary.unknown_score = header.unknown_score;
  const auto piece_ends = reader.TakeArray<uint32_t>(header.pieces);
  vocabulary.ids = reader.TakeArray<int32_t>(header.pieces);
  vocabulary.scores = reader.TakeArray<float>(header.pieces);
  vocabulary.points = reader.TakeArray<uint32_t>(header.points);
  vocabulary.point_ends = reader.TakeArray<uint32_t>(header.points);
  vocabulary.replacements = reader.TakeArray<uint32_t>(header.replacements);
  const std::string_view piece_bytes = reader.Take(header.piece_bytes);
  reader.Check(reader.AtEnd(), "there is more than it should hold");
  CheckNumbers(reader, vocabulary);
  vocabulary.pieces = PieceTrie(CutPieces(reader, piece_ends, piece_bytes));
  vocabulary.plain_ascii.fill(true);
  for (uint32_t point : vocabulary.points) {
    if (point < vocabulary.plain_ascii.size()) vocabulary.plain_ascii[point] = false;
  }
  return vocabulary;
}

std::optional<std::span<const uint32_t>> UnigramVocabulary::ReplacementOf(uint32_t point) const {
  const auto found = std::ranges::lower_bound(points, point);
  if (found == points.end() || *found != point) return std::nullopt;
  const auto index = static_cast<size_t>(found - points.begin());
  const size_t begin = index == 0 ? 0 : point_ends[index - 1];
  return std::span(replacements).subspan(begin, point_ends[index] - begin);
}

}  // namespace nexus::text
