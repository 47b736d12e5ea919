#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/change/edit_plan.h"
#include "memfit/yaml/yaml_scan.h"

namespace memfit::yaml {

namespace {

constexpr std::size_t longestComment = 80;

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

/// Where the number at the start of `text` ends.
std::string_view numberOf(std::string_view text) {
    return text.substr(0, std::min(text.find_first_not_of("0123456789."), text.size()));
}

/// `word` with no letter or digit on either side.
bool hasWord(std::string_view text, std::string_view word) {
    const auto joins = [&](std::size_t at) {
        return at < text.size() && (isDigit(text[at]) || text[at] == '.');
    };
    if (word.empty()) return false;
    for (std::size_t at = text.find(word); at != std::string_view::npos;
         at = text.find(word, at + 1)) {
        const bool before = at > 0 && joins(at - 1);
        const std::size_t after = at + word.size();
        const bool behind = joins(after) && (text[after] != '.' || joins(after + 1));
        if (!before && !behind) return true;
    }
    return false;
}

bool speaksOf(std::string_view comment, std::string_view value) {
    if (comment.find(value) != std::string_view::npos && value.size() > 1) return true;
    const auto number = numberOf(value);
    if (hasWord(comment, number.empty() ? value : number)) return true;
    const std::size_t percent = comment.find('%');
    if (percent == std::string_view::npos) return false;
    return comment.substr(0, percent).find_last_of("0123456789") != std::string_view::npos;
}

/// The comment at the end of the line of `at`, behind all that is written there; empty without one.
std::string_view commentBehind(std::string_view text, std::size_t at) {
    const std::size_t end = lineEnd(text, at);
    std::size_t mark = text.find('#', at);
    while (mark < end && mark > 0 && text[mark - 1] != ' ' && text[mark - 1] != '\t')
        mark = text.find('#', mark + 1);
    return mark < end ? text.substr(mark, end - mark) : std::string_view();
}

}  // namespace

std::string commentNote(const PlanInput& input, NodeId entry, NodeId value) {
    const Tree& tree = *input.tree;
    const std::string_view text = input.text;
    const std::string& old = tree[value].text;
    std::vector<std::string_view> comments;
    const auto addAbove = [&](std::size_t at) {
        for (std::size_t line = lineStart(text, at); line > 0;) {
            line = lineStart(text, line - 1);
            const std::size_t first = text.find_first_not_of(" \t", line);
            if (first == std::string_view::npos || text[first] != '#') break;
            comments.push_back(text.substr(first, lineEnd(text, first) - first));
        }
    };
    comments.push_back(commentBehind(text, tree[value].end));
    const std::size_t first = tree[entry].begin;
    if (lineStart(text, first) != lineStart(text, tree[value].begin)) {
        // The entry's own first line ends before the next key.
        const std::size_t last = lineEnd(text, first);
        const std::size_t mark = text.substr(0, last).rfind(" #");
        if (mark != std::string_view::npos && mark > first)
            comments.push_back(text.substr(mark + 1, last - mark - 1));
        addAbove(tree[value].begin);
    }
    addAbove(first);
    const auto found = std::ranges::find_if(comments, [&](std::string_view comment) {
        return !comment.empty() && speaksOf(comment, old);
    });
    if (found == comments.end()) return {};
    const auto at = static_cast<std::size_t>(found->data() - text.data());
    const int line =
        input.firstLine + static_cast<int>(std::ranges::count(text.substr(0, at), '\n'));
    std::string shown(found->substr(0, longestComment));
    while (!shown.empty() && (static_cast<unsigned char>(shown.back()) & 0xC0U) == 0x80U &&
           shown.size() == longestComment)
        shown.pop_back();
    if (shown.size() < found->size()) shown += "...";
    return fmt::format("the comment in line {} may speak of {}, which was replaced: {}", line, old,
                       shown);
}

}  // namespace memfit::yaml
