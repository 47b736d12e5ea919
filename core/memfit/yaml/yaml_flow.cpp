#include "memfit/yaml/yaml_flow.h"

#include <algorithm>
#include <utility>

#include "memfit/yaml/yaml_scan.h"

namespace memfit::yaml {

namespace {

std::string_view leadingBlanks(std::string_view text, std::size_t at) {
    const std::size_t start = lineStart(text, at);
    const std::size_t first = text.find_first_not_of(" \t", start);
    return text.substr(start, std::min(first, text.size()) - start);
}

class FlowSplicer {
public:
    FlowSplicer(std::string_view text, const Tree& tree, const Operation& operation,
                const DocumentStyle& style)
        : text_(text),
          tree_(tree),
          operation_(operation),
          style_(style),
          collection_(tree[operation.node]) {}

    [[nodiscard]] std::vector<Splice> setEntry() const {
        const Node& key = child(operation_.index);
        const Node& old = child(operation_.index + 1);
        const bool sameKey = key.text == operation_.key;
        const std::string value = flowText(operation_.value, layout(key.begin));
        if (sameKey && old.end > old.content && operation_.value.kind == Value::Kind::scalar &&
            old.kind == Value::Kind::scalar) {
            return {{old.content, old.end, value}};
        }
        const Value name = keyLike(operation_.key, key.quote);
        const std::string colon = compact() ? ":" : ": ";
        if (sameKey && old.end > old.begin) return {{old.begin, old.end, value}};
        if (sameKey) return {{key.end, std::max(old.end, key.end), colon + value}};
        return {{key.begin, std::max(old.end, key.end), flowText(name, {}) + colon + value}};
    }

    [[nodiscard]] std::vector<Splice> append() const {
        const Node& last = tree_[collection_.children.back()];
        const Node& first = tree_[collection_.children.front()];
        const bool map = collection_.kind == Value::Kind::map;
        const auto& added = operation_.value.children;
        const FlowStyle inner = layout(first.begin);
        const std::size_t end =
            std::max(last.end, child(collection_.children.size() - (map ? 2 : 1)).end);
        const bool lines = multiLine();
        const std::string between = lines ? newline() + inner.indent : (compact() ? "" : " ");
        std::string entries;
        for (std::size_t i = 0; i < added.size(); i += map ? 2 : 1) {
            if (i > 0) entries += ",";
            entries += between;
            entries += map ? flowEntry(added[i], added[i + 1], inner) : flowText(added[i], inner);
        }
        if (!lines) return {{end, end, "," + entries}};
        return onOwnLines(end, std::move(entries));
    }

    [[nodiscard]] std::vector<Splice> remove() const {
        const std::size_t step = collection_.kind == Value::Kind::map ? 2 : 1;
        const std::size_t next = operation_.index + step;
        const Node& last = child(next - 1);
        if (next < collection_.children.size()) {
            return {{child(operation_.index).begin, child(next).begin, {}}};
        }
        return {
            {child(operation_.index - 1).end, std::max(last.end, child(operation_.index).end), {}}};
    }

    [[nodiscard]] std::vector<Splice> replaceItem() const {
        const Node& item = child(operation_.index);
        return {{item.begin, item.end, flowText(operation_.value, layout(item.begin))}};
    }

private:
    [[nodiscard]] const Node& child(std::size_t index) const {
        return tree_[collection_.children[index]];
    }
    [[nodiscard]] const std::string& newline() const { return style_.block.newline; }

    // The first entry stands on a line below the bracket.
    [[nodiscard]] bool multiLine() const {
        return lineStart(text_, collection_.content) != lineStart(text_, child(0).begin);
    }

    [[nodiscard]] bool compact() const {
        if (!style_.json || text_[collection_.content] != '{') return style_.json && rootCompact();
        const std::size_t colon = skipBlank(text_, child(0).end);
        return colon + 1 < text_.size() && text_[colon + 1] != ' ' && text_[colon + 1] != '\n';
    }

    [[nodiscard]] bool rootCompact() const {
        const Node& root = tree_[tree_.root];
        const std::size_t colon = skipBlank(text_, tree_[root.children.front()].end);
        return colon + 1 < text_.size() && text_[colon + 1] != ' ' && text_[colon + 1] != '\n';
    }

    // How collections are laid out below an entry that begins at `at`.
    [[nodiscard]] FlowStyle layout(std::size_t at) const {
        FlowStyle flow;
        flow.compact = compact();
        if (!multiLine()) return flow;
        flow.indent = leadingBlanks(text_, at);
        const std::string_view outer = leadingBlanks(text_, collection_.content);
        if (!style_.json) return flow;
        flow.newline = newline();
        flow.unit = flow.indent.size() > outer.size() && flow.indent.starts_with(outer)
                        ? flow.indent.substr(outer.size())
                        : "  ";
        return flow;
    }

    // The comma goes to the value before it, the entries below that value's line and its comment.
    [[nodiscard]] std::vector<Splice> onOwnLines(std::size_t end, std::string entries) const {
        std::size_t comma = end;
        while (comma < text_.size() && (text_[comma] == ' ' || text_[comma] == '\t')) ++comma;
        const bool trailing = comma < text_.size() && text_[comma] == ',';
        const std::size_t rest = trailing ? comma + 1 : end;
        const std::size_t eol = lineEnd(text_, rest);
        const std::size_t next = skipBlank(text_, rest);
        if (trailing) entries += ",";
        if (next < eol) return {{rest, rest, (trailing ? "" : ",") + std::move(entries)}};
        if (trailing) return {{eol, eol, std::move(entries)}};
        return {{end, end, ","}, {eol, eol, std::move(entries)}};
    }

    std::string_view text_;
    const Tree& tree_;
    const Operation& operation_;
    const DocumentStyle& style_;
    const Node& collection_;
};

}  // namespace

std::vector<Splice> spliceFlow(std::string_view text, const Tree& tree, const Operation& operation,
                               const DocumentStyle& style) {
    const FlowSplicer splicer(text, tree, operation, style);
    switch (operation.kind) {
        case Operation::Kind::setEntry:
            return splicer.setEntry();
        case Operation::Kind::insertEntries:
        case Operation::Kind::appendItems:
            return splicer.append();
        case Operation::Kind::removeEntry:
        case Operation::Kind::removeItem:
            return splicer.remove();
        case Operation::Kind::replaceItem:
            return splicer.replaceItem();
    }
    return {};
}

}  // namespace memfit::yaml
