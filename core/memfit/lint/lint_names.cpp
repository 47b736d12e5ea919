#include "memfit/lint/lint_names.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace memfit::lint {

namespace {

constexpr std::size_t longestName = 20;

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

/// In capitals, without what joins words.
std::string bare(std::string_view name) {
    std::string text;
    for (const char c : name) {
        if (c == '_' || c == '-' || c == '.' || c == ' ') continue;
        text += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    }
    return text;
}

/// Letters left out, put in, replaced or swapped (optimal string alignment).
std::size_t editsBetween(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> edits(a.size() + 1,
                                                std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                edits[i][j] = i + j;
                continue;
            }
            const std::size_t same = a[i - 1] == b[j - 1] ? 0 : 1;
            edits[i][j] =
                std::min({edits[i - 1][j] + 1, edits[i][j - 1] + 1, edits[i - 1][j - 1] + same});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
        }
    }
    return edits[a.size()][b.size()];
}

bool isNumber(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (text == ".inf" || text == ".Inf" || text == ".INF") return true;
    if (text.empty() || (!isDigit(text.front()) && text.front() != '.')) return false;
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'b' || text[1] == 'o')) {
        const std::string_view digits = text[1] == 'x'   ? "0123456789abcdefABCDEF_"
                                        : text[1] == 'b' ? "01_"
                                                         : "01234567_";
        return text.find_first_not_of(digits, 2) == std::string_view::npos;
    }
    const auto skipDigits = [&] {
        const std::size_t end = std::min(text.find_first_not_of("0123456789_"), text.size());
        text.remove_prefix(end);
        return end;
    };
    std::size_t digits = skipDigits();
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        digits += skipDigits();
    }
    if (digits == 0) return false;
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
        if (skipDigits() == 0) return false;
    }
    return text.empty();
}

bool isBoolean(std::string_view text) {
    constexpr std::array<std::string_view, 18> words{
        "true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes", "YES",
        "no",   "No",   "NO",   "on",    "On",    "ON",    "off", "Off", "OFF"};
    return std::ranges::find(words, text) != words.end();
}

}  // namespace

std::string_view misspeltGoName(std::string_view name) {
    constexpr std::string_view limit = "GOMEMLIMIT";
    constexpr std::string_view percent = "GOGC";
    if (name == limit || name == percent || name.size() > longestName) return {};
    const auto text = bare(name);
    if (text == percent || text == "GOCG") return percent;
    if (text == "GOMEMORYLIMIT") return limit;
    // MEM_LIMIT and the like are names of the programs' own.
    if (!text.starts_with("GO") && !text.starts_with("OG") && !text.starts_with("GM")) return {};
    return editsBetween(text, limit) <= 2 ? limit : std::string_view();
}

bool isString(const yaml::Tree& tree, yaml::NodeId scalar) {
    const auto& node = tree[scalar];
    const auto* const its = tree.propertiesOf(scalar);
    if (node.quote != 0 || (its != nullptr && its->tag.ends_with("str"))) return true;
    return !isNumber(node.text) && !isBoolean(node.text);
}

}  // namespace memfit::lint
