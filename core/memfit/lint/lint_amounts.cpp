#include "memfit/lint/lint_amounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "memfit/units/quantity.h"
#include "memfit/units/quoted.h"

namespace memfit::lint {

namespace {

using yaml::NodeId;
using yaml::noNode;
using yaml::Tree;
using yaml::Value;

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool isWord(std::string_view text) {
    return !text.empty() && (isLetter(text.front()) || text.front() == '_') &&
           std::ranges::all_of(text, [](char c) {
               return isLetter(c) || isDigit(c) || c == '_' || c == '-' || c == '.';
           });
}

/// `@@LIMIT@@` without what is around it.
std::string_view withoutMarks(std::string_view text, std::string_view marks) {
    while (text.starts_with(marks[0])) text.remove_prefix(1);
    while (text.ends_with(marks[1])) text.remove_suffix(1);
    return text;
}

}  // namespace

bool isPlaceholder(std::string_view text) {
    // Helm and jinja; shells, envsubst, Flux and OpenShift; ERB; Azure; Replicated; Concourse.
    constexpr std::array<std::string_view, 6> opening{"{{", "${", "<%", "#{", "[[", "(("};
    if (std::ranges::any_of(opening,
                            [&](auto mark) { return text.find(mark) != std::string_view::npos; }))
        return true;
    if (text.starts_with('$') && isWord(text.substr(1))) return true;
    constexpr std::array<std::string_view, 4> around{"<>", "@@", "%%", "__"};
    return text.size() > 2 && std::ranges::any_of(around, [&](auto marks) {
               return text.front() == marks[0] && text.back() == marks[1] &&
                      isWord(withoutMarks(text, marks));
           });
}

std::string shownSize(std::string_view text) {
    if (text.empty() || !std::ranges::all_of(text, isDigit)) return std::string(text);
    return fmt::format("{} byte{}", text, text == "1" ? "" : "s");
}

std::string Amount::shown() const {
    return shownSize(text);
}

Amount readAmount(const Tree& tree, NodeId resources, std::string_view list, std::string_view owner,
                  const Report& report) {
    const NodeId amounts = tree.find(resources, list);
    const NodeId at = tree.find(amounts, "memory");
    if (at == noNode || tree[at].kind != Value::Kind::scalar) return {};
    const std::string_view text = tree[at].text;
    if (isPlaceholder(text)) return {at, std::nullopt, text};
    const auto quantity = parseQuantity(text);
    if (!quantity) {
        report(
            {"memory-malformed", at,
             fmt::format("{}{}.memory is {}, which Kubernetes refuses", owner, list, quoted(text)),
             quantity.error().next.empty() ? "write it as 64Mi" : quantity.error().next});
        return {at, std::nullopt, text};
    }
    if (quantity->fractional) {
        report({"memory-fraction", at,
                fmt::format("{}{}.memory is {}, a fraction of a byte{}", owner, list, quoted(text),
                            text.ends_with('m') ? ": m is a thousandth" : ""),
                text.ends_with('m') ? "write M or Mi" : "write whole bytes, or M or Mi behind it"});
        return {at, std::nullopt, text};
    }
    return {at, quantity->bytes, text};
}

}  // namespace memfit::lint
