// The attributes of an episode as bytes of an image.
#pragma once

#include "domain/filter.h"
#include "recall/image.h"

namespace nexus::recall {

void WriteAttributes(ImageWriter& writer, const Attributes& attributes);
// Throws what the reader throws.
Attributes ReadAttributes(ImageReader& reader);

}  // namespace nexus::recall
