#include "memfit/yaml/yaml_scan.h"

#include <algorithm>

namespace memfit::yaml {

namespace {

bool isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

std::size_t lineEnd(std::string_view text, std::size_t at) {
    const std::size_t newline = text.find('\n', at);
    if (newline == std::string_view::npos) return text.size();
    return newline > at && text[newline - 1] == '\r' ? newline - 1 : newline;
}

std::size_t lineStart(std::string_view text, std::size_t at) {
    if (at == 0) return 0;
    const std::size_t newline = text.rfind('\n', at - 1);
    return newline == std::string_view::npos ? 0 : newline + 1;
}

std::size_t nextLine(std::string_view text, std::size_t at) {
    const std::size_t newline = text.find('\n', at);
    return newline == std::string_view::npos ? text.size() : newline + 1;
}

std::size_t columnOf(std::string_view text, std::size_t at) {
    return at - lineStart(text, at);
}

std::size_t skipBlank(std::string_view text, std::size_t at) {
    while (at < text.size()) {
        if (isSpace(text[at])) {
            ++at;
        } else if (text[at] == '#') {
            at = lineEnd(text, at);
        } else {
            break;
        }
    }
    return at;
}

bool isBlank(std::string_view text, std::size_t begin, std::size_t end) {
    return text.substr(begin, end - begin).find_first_not_of(" \t") == std::string_view::npos;
}

std::size_t skipProperties(std::string_view text, std::size_t at) {
    for (int i = 0; i < 2 && at < text.size() && (text[at] == '&' || text[at] == '!'); ++i) {
        while (at < text.size() && !isSpace(text[at]) &&
               std::string_view(",[]{}").find(text[at]) == std::string_view::npos) {
            ++at;
        }
        at = skipBlank(text, at);
    }
    return at;
}

std::size_t quotedEnd(std::string_view text, std::size_t at) {
    const char quote = text[at];
    for (++at; at < text.size(); ++at) {
        if (quote == '"' && text[at] == '\\') {
            ++at;
        } else if (text[at] == quote) {
            if (quote == '"' || at + 1 >= text.size() || text[at + 1] != quote) return at + 1;
            ++at;
        }
    }
    return std::string_view::npos;
}

// Neither plain nor block scalars have escapes: what is not blank is the same in the text and in
// the value, in the same order.
std::size_t plainEnd(std::string_view text, std::size_t at, std::string_view value) {
    std::size_t end = at;
    for (const char c : value) {
        if (isSpace(c)) continue;
        while (at < text.size() && isSpace(text[at])) ++at;
        if (at >= text.size() || text[at] != c) return end;
        end = ++at;
    }
    return end;
}

std::size_t blockEnd(std::string_view text, std::size_t at, std::string_view value) {
    const std::size_t header = lineEnd(text, at);
    const std::string_view indicators = text.substr(at, std::min<std::size_t>(header - at, 3));
    std::size_t end = std::max(header, plainEnd(text, header, value));
    if (indicators.find('+') == std::string_view::npos) return end;
    end = nextLine(text, end);
    while (end < text.size() && isBlank(text, end, lineEnd(text, end))) end = nextLine(text, end);
    return end;
}

std::size_t nullLength(std::string_view text, std::size_t at) {
    static constexpr std::string_view words[] = {"~", "null", "Null", "NULL"};
    for (const std::string_view word : words) {
        if (!text.substr(std::min(at, text.size())).starts_with(word)) continue;
        const std::size_t after = at + word.size();
        if (after == text.size() || isSpace(text[after]) ||
            std::string_view(",]}:").find(text[after]) != std::string_view::npos) {
            return word.size();
        }
    }
    return 0;
}

}  // namespace memfit::yaml
