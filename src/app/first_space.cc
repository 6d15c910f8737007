#include "app/first_space.h"

#include "embed/model.h"

namespace nexus::app {

namespace {

using Embedder = std::unique_ptr<const embed::Embedder>;

bool IsModelOf(const Embedder& embedder, const store::Space& space) {
  return embedder && embedder->info().artefact_sha256 == space.artefact_sha256;
}

// Null if there is none, with `why`.
Embedder LoadFromSource(const store::Space& space, std::string& why) {
  if (!space.source) {
    why = "it is not known where that one is";
    return nullptr;
  }
  try {
    Embedder embedder = embed::LoadModel(*space.source);
    if (IsModelOf(embedder, space)) return embedder;
    why = *space.source + " holds another model by now";
  } catch (const Failure& failure) {
    why = failure.what();
  }
  return nullptr;
}

// The model of the active space.
Embedder Choose(Embedder given, const store::Space& space, const StepReport& report) {
  if (IsModelOf(given, space)) return given;
  std::string why;
  Embedder embedder = LoadFromSource(space, why);
  if (given && !embedder) {
    throw Failure(
        ErrorCode::kConflict,
        std::format("the stored vectors were made by {} (digest {:.12}…), the model given is {} "
                    "(digest {:.12}…); {}",
                    space.model, space.artefact_sha256, given->info().name,
                    given->info().artefact_sha256, why),
        "point --model at the directory of the former model; `nexus space add` takes another one "
        "into use");
  }
  if (!embedder) {
    report(std::format("model: {} serves, and {}; recall works on words alone", space.model, why));
  } else {
    report(
        std::format("model: {} serves, from {}; the one of --model is taken into use by `nexus "
                    "space add`",
                    space.model, *space.source));
  }
  return embedder;
}

}  // namespace

Task<> OpenFirstSpace(store::Spaces& directory, memory::Spaces& spaces, Embedder given,
                      const Config& config, const StepReport& report) {
  const std::string source = std::filesystem::absolute(config.model_directory).string();
  std::vector<store::Space> rows = co_await directory.List();
  const store::Space* found = store::FindActive(rows);
  if (found == nullptr && !given) co_return;
  store::Space space;
  if (found != nullptr) {
    space = *found;
  } else {
    auto made = co_await directory.Create(given->info(), source);
    if (!made) throw Failure(made.error());
    space = std::move(*made);
  }
  if (IsModelOf(given, space) && space.source != source) {
    co_await directory.Move(space.id, source);
    space.source = source;
  }
  Embedder embedder;
  if (!config.model_off) embedder = Choose(std::move(given), space, report);
  const int64_t id = space.id;
  spaces.Admit(std::move(space), std::move(embedder));
  spaces.Activate(id);
  co_await spaces.Remove(0);  // words alone
}

}  // namespace nexus::app
