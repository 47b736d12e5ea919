#include "cli/wrap.h"

#include <algorithm>

namespace memfit::plugin {

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
    std::string out;
    std::size_t lineLength = 0;
    while (!text.empty()) {
        const auto space = std::min(text.find(' '), text.size());
        const auto word = text.substr(0, space);
        if (lineLength > 0 && lineLength + 1 + word.size() > width - indent) {
            out += "\n" + std::string(indent, ' ');
            lineLength = 0;
        }
        if (lineLength > 0) out += ' ';
        out += word;
        lineLength += word.size() + (lineLength > 0 ? 1 : 0);
        text.remove_prefix(std::min(space + 1, text.size()));
    }
    return out;
}

}  // namespace memfit::plugin
