#pragma once

// Internal to memfit: the parts of result documents, read from JSON fields.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/documents/documents.h"
#include "memfit/documents/json_fields.h"

namespace memfit {

/// `inputs` is left to the caller.
[[nodiscard]] Header readHeader(const JsonFields& fields);
[[nodiscard]] std::vector<LivePod> readLivePods(const JsonFields& fields, std::string_view name);
/// GOGC is a word to Go, but some write its number.
[[nodiscard]] std::optional<std::string> readGogc(const JsonFields& fields);

/// Each reads one kind of document; what does not fit is reported through `fields`.
/// `header.inputs` is left to the caller.
[[nodiscard]] ProbeResult readProbe(const JsonFields& fields);
[[nodiscard]] SqueezeResult readSqueeze(const JsonFields& fields);
/// Summaries and comparisons that the document lacks are computed.
[[nodiscard]] BenchResult readBench(const JsonFields& fields);

}  // namespace memfit
