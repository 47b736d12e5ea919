#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace memfit::plugin {

/// `text` in lines of at most `width` characters, broken at spaces, each after the first indented.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

}  // namespace memfit::plugin
