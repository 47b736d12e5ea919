#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

#include "memfit/yaml/yaml_splice.h"

namespace memfit::yaml {

namespace {

Value& valueAt(Value& document, const Tree& tree, NodeId id) {
    std::vector<std::size_t> path;
    for (NodeId at = id; tree[at].parent != noNode; at = tree[at].parent) {
        const auto& siblings = tree[tree[at].parent].children;
        path.push_back(static_cast<std::size_t>(
            std::distance(siblings.begin(), std::ranges::lower_bound(siblings, at))));
    }
    Value* value = &document;
    for (const std::size_t step : std::views::reverse(path)) value = &value->children[step];
    return *value;
}

}  // namespace

void apply(Value& document, const Tree& tree, const Operation& operation) {
    auto& children = valueAt(document, tree, operation.node).children;
    const auto at = children.begin() + static_cast<std::ptrdiff_t>(operation.index);
    switch (operation.kind) {
        case Operation::Kind::setEntry: {
            if (at->text != operation.key) *at = keyLike(operation.key, at->quote);
            const bool scalars =
                at[1].kind == Value::Kind::scalar && operation.value.kind == Value::Kind::scalar;
            const Value old = std::exchange(at[1], operation.value);
            if (scalars) {
                at[1].anchor = old.anchor;
                at[1].tag = old.tag;
            }
            return;
        }
        case Operation::Kind::insertEntries:
        case Operation::Kind::appendItems:
            children.insert(children.end(), operation.value.children.begin(),
                            operation.value.children.end());
            return;
        case Operation::Kind::removeEntry:
            children.erase(at, at + 2);
            return;
        case Operation::Kind::replaceItem:
            *at = operation.value;
            return;
        case Operation::Kind::removeItem:
            children.erase(at);
            return;
    }
}

}  // namespace memfit::yaml
