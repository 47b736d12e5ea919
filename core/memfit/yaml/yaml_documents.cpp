#include "memfit/yaml/yaml_documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "memfit/yaml/yaml_scan.h"

namespace memfit::yaml {

namespace {

constexpr std::size_t maxText = std::size_t{64} << 20;
constexpr std::string_view mark = "\xEF\xBB\xBF";

Problem problemAt(std::size_t offset, std::string what, std::string next = {}) {
    return {static_cast<std::uint32_t>(offset), std::move(what), std::move(next)};
}

// The length of the UTF-8 sequence at `at`, 0 for none (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF).
std::size_t sequenceLength(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4) return 0;
    const unsigned second = byte(1);
    const bool narrow = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
    if (narrow) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return 0;
    }
    return length;
}

bool beginsWithMark(std::string_view text, std::size_t line, std::string_view marker) {
    if (!text.substr(line).starts_with(marker)) return false;
    const std::size_t after = line + marker.size();
    return after == text.size() ||
           std::string_view(" \t\r\n").find(text[after]) != std::string_view::npos;
}

// After the closing brace of the JSON object that begins at `at`; npos when it has none.
std::size_t objectEnd(std::string_view text, std::size_t at) {
    for (std::size_t depth = 0; at < text.size(); ++at) {
        if (text[at] == '"') {
            at = quotedEnd(text, at);
            if (at == std::string_view::npos) return at;
            --at;
        } else if (text[at] == '{') {
            ++depth;
        } else if (text[at] == '}' && --depth == 0) {
            return at + 1;
        }
    }
    return std::string_view::npos;
}

// Cuts `part` between its JSON objects, if that is what it holds. A map in flow style looks like
// one, but has no second one behind it.
void appendObjects(std::vector<std::string_view>& documents, std::string_view part) {
    static constexpr std::string_view blank = " \t\r\n";
    std::size_t begin = 0;
    std::size_t from = beginsWithMark(part, 0, "---") ? 3 : 0;
    while (true) {
        const std::size_t first = part.find_first_not_of(blank, from);
        if (first == std::string_view::npos || part[first] != '{') break;
        const std::size_t end = objectEnd(part, first);
        const std::size_t next = part.find_first_not_of(blank, end);
        if (next == std::string_view::npos || part[next] != '{') break;
        if (!nlohmann::json::accept(part.substr(first, end - first))) break;
        documents.push_back(part.substr(begin, end - begin));
        begin = from = end;
    }
    documents.push_back(part.substr(begin));
}

}  // namespace

std::size_t byteOrderMark(std::string_view text) {
    return text.starts_with(mark) ? mark.size() : 0;
}

std::optional<Problem> checkText(std::string_view text) {
    if (text.find_first_not_of(" \t\r\n", byteOrderMark(text)) == std::string_view::npos) {
        return problemAt(0, "empty, not a manifest", "give a file that holds one");
    }
    if (text.size() > maxText) return problemAt(0, "larger than 64 MiB", "split the file");
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
        return problemAt(0, "UTF-16", "save it as UTF-8");
    }
    for (std::size_t at = 0; at < text.size();) {
        const auto c = static_cast<unsigned char>(text[at]);
        const bool blank = c == '\t' || c == '\n' || c == '\r';
        if (c < 0x20 && !blank) {
            return problemAt(at, fmt::format("a control character (0x{:02x}), not a manifest", c),
                             "give a text file");
        }
        if (c == '\r' && (at + 1 == text.size() || text[at + 1] != '\n')) {
            return problemAt(at, "a carriage return without a line feed",
                             "save it with the line ends of Unix or Windows");
        }
        const std::size_t length = sequenceLength(text, at);
        if (length == 0) return problemAt(at, "bytes that are not UTF-8", "save it as UTF-8");
        at += length;
    }
    return std::nullopt;
}

std::vector<std::string_view> splitDocuments(std::string_view text) {
    std::vector<std::string_view> documents;
    std::size_t begin = 0;
    bool directives = false;  // of the coming document, before its `---`
    bool content = false;
    const auto cut = [&](std::size_t at) {
        if (at > begin) appendObjects(documents, text.substr(begin, at - begin));
        begin = at;
        directives = content = false;
    };
    for (std::size_t line = 0; line < text.size(); line = nextLine(text, line)) {
        if (beginsWithMark(text, line, "---")) {
            if (!directives) cut(line);
            directives = false;
            content = true;
        } else if (beginsWithMark(text, line, "...")) {
            cut(nextLine(text, line));
        } else if (text[line] == '%' && !content) {
            directives = true;
        } else if (skipBlank(text, line) < lineEnd(text, line)) {
            content = true;
        }
    }
    cut(text.size());
    return documents;
}

}  // namespace memfit::yaml
