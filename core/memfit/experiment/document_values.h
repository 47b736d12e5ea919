#pragma once

// Internal to memfit: the parts of result documents, read from JSON fields.

#include <optional>
#include <string_view>

#include "memfit/experiment/documents.h"
#include "memfit/experiment/json_fields.h"

namespace memfit {

/// Each reads one kind of document; what does not fit is reported through `fields`.
/// `header.inputs` is left to the caller.
[[nodiscard]] ProbeResult readProbe(const JsonFields& fields);
[[nodiscard]] SqueezeResult readSqueeze(const JsonFields& fields);
/// Summaries and comparisons that the document lacks are computed.
[[nodiscard]] BenchResult readBench(const JsonFields& fields);

}  // namespace memfit
