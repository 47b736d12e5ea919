#pragma once

#include <string>
#include <string_view>

namespace memfit::plugin {

/// The last lines of a text with something on them, for messages: at most 3 and 500 bytes,
/// redacted, ` | ` between them. Empty when there is none.
[[nodiscard]] std::string lastLines(std::string_view text);

}  // namespace memfit::plugin
