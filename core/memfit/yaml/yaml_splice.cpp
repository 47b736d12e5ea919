#include "memfit/yaml/yaml_splice.h"

#include <algorithm>
#include <utility>

#include "memfit/yaml/yaml_flow.h"
#include "memfit/yaml/yaml_scan.h"

namespace memfit::yaml {

namespace {

class BlockSplicer {
public:
    BlockSplicer(std::string_view text, const Tree& tree, const DocumentStyle& style)
        : text_(text), tree_(tree), style_(style.block) {}

    [[nodiscard]] std::vector<Splice> setEntry(const Operation& operation) const {
        const auto& children = tree_[operation.node].children;
        const Node& key = tree_[children[operation.index]];
        const Node& old = tree_[children[operation.index + 1]];
        const std::size_t colon = afterColon(key);
        const bool sameKey = key.text == operation.key;
        const bool scalar = operation.value.children.empty();
        const std::string head = scalar ? " " + flowText(operation.value, {}) : std::string();
        if (sameKey && scalar && old.kind == Value::Kind::scalar) {
            return {{old.content, old.end, flowText(operation.value, {})}};
        }
        const bool sameLine = lineStart(text_, colon) == lineStart(text_, old.begin);
        const std::size_t oldEnd = std::max<std::size_t>(old.end, colon);
        Splice first{sameKey ? colon : key.begin, sameLine ? oldEnd : colon,
                     (sameKey ? "" : flowText(keyLike(operation.key, key.quote), {}) + ":") + head};
        Splice second{lineEnd(text_, first.end), lineEnd(text_, first.end), {}};
        if (!sameLine) second.end = std::max(second.begin, trimmedEnd(oldEnd));
        if (!scalar)
            second.text = newline() + entries(operation.value, childColumn(operation.node));
        return {std::move(first), std::move(second)};
    }

    [[nodiscard]] std::vector<Splice> insertEntries(const Operation& operation) const {
        std::string lines;
        const std::size_t column = keyColumn(operation.node);
        for (std::size_t i = 0; i + 1 < operation.value.children.size(); i += 2) {
            appendBlockEntry(lines, column, operation.value.children[i],
                             operation.value.children[i + 1], style_);
        }
        return {after(tree_[operation.node], std::move(lines))};
    }

    [[nodiscard]] std::vector<Splice> appendItems(const Operation& operation) const {
        const Node& sequence = tree_[operation.node];
        std::string lines;
        const std::size_t column = columnOf(text_, sequence.content);
        for (const auto& item : operation.value.children) {
            appendBlockItem(lines, column, item, style_);
        }
        return {after(sequence, std::move(lines))};
    }

    [[nodiscard]] std::vector<Splice> removeEntry(const Operation& operation) const {
        const auto& children = tree_[operation.node].children;
        const Node& key = tree_[children[operation.index]];
        const Node& value = tree_[children[operation.index + 1]];
        const bool ownLine = isBlank(text_, lineStart(text_, key.begin), key.begin);
        if (!ownLine && operation.index + 2 < children.size()) {
            return {{key.begin, tree_[children[operation.index + 2]].begin, {}}};
        }
        return {wholeLines(key.begin, std::max<std::size_t>(value.end, afterColon(key)))};
    }

    [[nodiscard]] std::vector<Splice> removeItem(const Operation& operation) const {
        const Node& item = tree_[tree_[operation.node].children[operation.index]];
        return {wholeLines(dashOf(operation), std::max<std::size_t>(item.end, dashOf(operation)))};
    }

    [[nodiscard]] std::vector<Splice> replaceItem(const Operation& operation) const {
        const Node& item = tree_[tree_[operation.node].children[operation.index]];
        if (item.kind == Value::Kind::map && item.flow) {
            return {{item.begin, item.end, flowText(operation.value, {})}};
        }
        const std::size_t dash = dashOf(operation);
        std::string lines;
        appendBlockItem(lines, columnOf(text_, dash), operation.value, style_);
        lines.erase(0, columnOf(text_, dash));
        lines.erase(lines.size() - style_.newline.size());
        return {{dash, trimmedEnd(item.end), std::move(lines)}};
    }

private:
    // The line end that the document uses.
    [[nodiscard]] const std::string& newline() const { return style_.newline; }

    [[nodiscard]] std::size_t afterColon(const Node& key) const {
        const std::size_t colon = skipBlank(text_, key.end);
        return colon < text_.size() && text_[colon] == ':' ? colon + 1 : key.end;
    }

    // Without the line break that belongs to a block scalar's end.
    [[nodiscard]] std::size_t trimmedEnd(std::size_t end) const {
        return end > 0 && text_[end - 1] == '\n' ? lineEnd(text_, end - 1) : lineEnd(text_, end);
    }

    [[nodiscard]] std::size_t keyColumn(NodeId map) const {
        const auto& children = tree_[map].children;
        const std::size_t first = tree_[children.front()].begin;
        const auto prefix = text_.substr(lineStart(text_, first), columnOf(text_, first));
        if (prefix.find_first_not_of(" -?") == std::string_view::npos || children.size() < 4) {
            return prefix.size();
        }
        return columnOf(text_, tree_[children[2]].begin);
    }

    [[nodiscard]] std::size_t childColumn(NodeId map) const { return keyColumn(map) + style_.unit; }

    // Lines of a map or sequence at `column`, without the last line break.
    [[nodiscard]] std::string entries(const Value& value, std::size_t column) const {
        std::string lines;
        const bool map = value.kind == Value::Kind::map;
        for (std::size_t i = 0; i < value.children.size(); i += map ? 2 : 1) {
            if (map) {
                appendBlockEntry(lines, column, value.children[i], value.children[i + 1], style_);
            } else {
                appendBlockItem(lines, column - (style_.flush ? style_.unit : 0), value.children[i],
                                style_);
            }
        }
        lines.erase(lines.size() - newline().size());
        return lines;
    }

    [[nodiscard]] Splice after(const Node& collection, std::string lines) const {
        const std::size_t end = collection.end;
        if (end > 0 && text_[end - 1] == '\n') return {end, end, std::move(lines)};
        lines.erase(lines.size() - newline().size());
        const std::size_t at = lineEnd(text_, end);
        return {at, at, newline() + lines};
    }

    // The lines from that of `begin` to that of `end`; at the end of a text without a final line
    // break the break before goes instead.
    [[nodiscard]] Splice wholeLines(std::size_t begin, std::size_t end) const {
        const std::size_t first = lineStart(text_, begin);
        const std::size_t last = end > 0 && text_[end - 1] == '\n' ? end : nextLine(text_, end);
        const bool open = last == text_.size() && (last == 0 || text_[last - 1] != '\n');
        if (!open || first == 0) return {first, last, {}};
        return {lineEnd(text_, lineStart(text_, first - 1)), last, {}};
    }

    [[nodiscard]] std::size_t dashOf(const Operation& operation) const {
        const Node& sequence = tree_[operation.node];
        if (operation.index == 0) return sequence.content;
        return skipBlank(text_, tree_[sequence.children[operation.index - 1]].end);
    }

    std::string_view text_;
    const Tree& tree_;
    const BlockStyle& style_;
};

std::vector<Splice> spliceBlock(const BlockSplicer& splicer, const Operation& operation) {
    switch (operation.kind) {
        case Operation::Kind::setEntry:
            return splicer.setEntry(operation);
        case Operation::Kind::insertEntries:
            return splicer.insertEntries(operation);
        case Operation::Kind::removeEntry:
            return splicer.removeEntry(operation);
        case Operation::Kind::appendItems:
            return splicer.appendItems(operation);
        case Operation::Kind::replaceItem:
            return splicer.replaceItem(operation);
        case Operation::Kind::removeItem:
            return splicer.removeItem(operation);
    }
    return {};
}

}  // namespace

std::vector<Splice> splices(std::string_view text, const Tree& tree, const Operation& operation,
                            const DocumentStyle& style) {
    auto all = tree[operation.node].flow ? spliceFlow(text, tree, operation, style)
                                         : spliceBlock({text, tree, style}, operation);
    std::erase_if(all, [](const Splice& one) { return one.begin == one.end && one.text.empty(); });
    return all;
}

}  // namespace memfit::yaml
