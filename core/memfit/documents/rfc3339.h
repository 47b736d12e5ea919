#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "memfit/observe/memory_snapshot.h"

namespace memfit {

/// RFC 3339 in UTC, `2024-03-01T12:00:00Z`, with milliseconds where they are not zero.
/// Years 0 to 9999; a moment outside them is written as the nearest one inside.
[[nodiscard]] std::string formatRfc3339(Timestamp time);

/// Reads RFC 3339 (https://www.rfc-editor.org/rfc/rfc3339 section 5.6) with `Z` or an offset and
/// any number of fractional digits (cut to milliseconds). A leap second reads as the second after
/// it. nullopt for any other text.
[[nodiscard]] std::optional<Timestamp> parseRfc3339(std::string_view text);

}  // namespace memfit
