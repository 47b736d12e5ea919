#include "testbed/last_words.h"

#include <cstddef>

#include "process/run.h"
#include "text/redact.h"

namespace memfit::plugin {

std::string lastWords(std::string_view out, std::string_view err) {
    constexpr std::size_t longest = 200;
    std::string line;
    for (const std::string_view mark : {"\npanic: ", "\nfatal error: "}) {
        const std::string text = "\n" + std::string(err);
        if (const std::size_t at = text.rfind(mark); at != std::string::npos) {
            line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
        }
    }
    if (line.empty()) line = lastLine(err);
    if (line.empty()) line = lastLine(out);
    for (char& c : line) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    line = redactText(line);
    if (line.size() > longest) line = line.substr(0, longest) + "…";
    return line;
}

}  // namespace memfit::plugin
