#pragma once

// Internal to memfit: bounded reading of JSON texts.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"

namespace memfit {

using Json = nlohmann::ordered_json;

/// One value of a text and where it begins.
struct LocatedJson {
    Json value;
    Location at;
};

/// Reads the JSON objects and arrays that stand one after the other in `text`. Of a key that
/// occurs twice the last counts. Bounded: 64 levels, 512 fields an object, so that neither copying
/// nor writing the values can exhaust the stack, nor a lookup the clock.
/// Errors (kind input) with `file:line:column`.
[[nodiscard]] Result<std::vector<LocatedJson>> parseJsonTexts(std::string_view text,
                                                              const std::string& fileName);

/// `text` as a JSON string for messages: quoted, in ASCII without control characters, cut short.
[[nodiscard]] std::string quoteForMessage(std::string_view text);

}  // namespace memfit
