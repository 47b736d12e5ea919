#include "memfit/units/quoted.h"

#include <algorithm>
#include <cstddef>

namespace memfit {

std::string quoted(std::string_view text) {
    constexpr std::size_t mostShown = 40;
    std::string shown(text.substr(0, mostShown));
    std::ranges::replace_if(shown, [](char c) { return c < ' ' || c > '~'; }, '?');
    if (text.size() > mostShown) shown += "...";
    return '"' + shown + '"';
}

}  // namespace memfit
