#include "text/last_lines.h"

#include <boost/algorithm/string/trim.hpp>

#include "text/redact.h"

namespace memfit::plugin {

std::string lastLines(std::string_view text) {
    constexpr std::size_t longest = 500;
    constexpr int most = 3;
    std::string shown;
    for (int lines = 0; lines < most && !text.empty();) {
        const auto begin = text.rfind('\n') + 1;
        // Redacted before it is cut: a cut could leave a secret without the word that tells it.
        const auto line = boost::algorithm::trim_copy(redactText(text.substr(begin)));
        text = text.substr(0, begin == 0 ? 0 : begin - 1);
        if (line.empty()) continue;
        if (!shown.empty()) shown.insert(0, " | ");
        shown.insert(0, line);
        ++lines;
    }
    if (shown.size() > longest) shown.erase(0, shown.size() - longest);
    return shown;
}

}  // namespace memfit::plugin
