#pragma once

#include <string>
#include <string_view>

namespace memfit::plugin {

/// What a program said last, for people: the line of a panic or fatal error, else the last line;
/// bounded, without control characters. Empty when it said nothing.
[[nodiscard]] std::string lastWords(std::string_view out, std::string_view err);

}  // namespace memfit::plugin
