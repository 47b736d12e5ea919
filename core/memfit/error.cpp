#include "memfit/error.h"

#include <fmt/format.h>

namespace memfit {

std::string Error::message() const {
    std::string text;
    if (at) {
        text = at->file;
        if (at->line > 0) text += fmt::format(":{}", at->line);
        if (at->line > 0 && at->column > 0) text += fmt::format(":{}", at->column);
        if (!text.empty()) text += ": ";
    }
    text += what;
    if (!next.empty()) text += "; " + next;
    return text;
}

}  // namespace memfit
