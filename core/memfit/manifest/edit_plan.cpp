#include "memfit/manifest/edit_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace memfit::yaml {

namespace {

Problem sharedProblem(const PlanInput& input, const Properties& its) {
    return {(*input.tree)[its.node].begin,
            fmt::format("a change of container {} would change the anchor &{}, which line {} uses "
                        "too",
                        input.containerName, its.anchor, input.lineOf(its.aliases.front())),
            "write the alias out in the file first"};
}

// A copy for another place: without the anchors, which stay where they are.
void dropAnchors(Value& value) {
    value.anchor.clear();
    for (auto& child : value.children) dropAnchors(child);
}

Value copyOf(const Tree& tree, NodeId node) {
    Value copy = tree.value(node);
    dropAnchors(copy);
    return copy;
}

std::string_view kindName(Value::Kind kind) {
    return kind == Value::Kind::map ? "a map" : "a list";
}

}  // namespace

int PlanInput::lineOf(NodeId node) const {
    const auto before = text.substr(0, (*tree)[node].begin);
    return firstLine + static_cast<int>(std::ranges::count(before, '\n'));
}

PlannedOperation insertion(const PlanInput& input, NodeId map, Value entries, std::string what) {
    if (input.style->json) quoteAll(entries);
    Operation operation;
    operation.kind = Operation::Kind::insertEntries;
    operation.node = map;
    operation.value = std::move(entries);
    return {std::move(operation), std::move(what), {}};
}

PlannedOperation replacement(const PlanInput& input, NodeId map, std::size_t index,
                             std::string_view key, Value value, std::string what) {
    if (input.style->json) quoteAll(value);
    Operation operation;
    operation.kind = Operation::Kind::setEntry;
    operation.node = map;
    operation.index = index;
    operation.key = key;
    operation.value = std::move(value);
    return {std::move(operation), std::move(what), {}};
}

Checked<Access> access(const PlanInput& input, NodeId map, std::string_view key, Value::Kind kind) {
    const Tree& tree = *input.tree;
    Access access;
    const NodeId found = tree.find(map, key);
    if (found == noNode) return access;
    const bool empty = tree[found].kind == Value::Kind::null ||
                       (tree[found].children.empty() && tree[found].kind != Value::Kind::scalar);
    if (!empty && tree[found].kind != kind) {
        return Problem{tree[found].begin, fmt::format("{} is not {}", key, kindName(kind)), {}};
    }
    const auto own = tree.ownKey(map, key);
    access.present = own.has_value();
    if (own) access.index = *own;
    if (!own && !empty) {
        access.first.push_back(insertion(input, map,
                                         mapValue({{std::string(key), copyOf(tree, found)}}),
                                         fmt::format("{} written out", key)));
        access.first.back().note =
            fmt::format("{}, which a merge key brings, is written out at container {}", key,
                        input.containerName);
        return access;
    }
    const NodeId direct = own ? tree[map].children[*own + 1] : noNode;
    if (own && tree[direct].kind == Value::Kind::alias && !empty) {
        access.first.push_back(replacement(input, map, *own, key, copyOf(tree, found),
                                           fmt::format("{} written out", key)));
        access.first.back().note = fmt::format(
            "{}: *{} in line {} is written out; the other users of the anchor stay as they are",
            key, tree[direct].text, input.lineOf(direct));
        return access;
    }
    if (own && tree[direct].kind != Value::Kind::alias) {
        if (auto checked = requireUnshared(input, direct); checked.has_error()) {
            return checked.error();
        }
    }
    if (!empty) access.value = found;
    return access;
}

Checked<void> requireUnshared(const PlanInput& input, NodeId node) {
    for (NodeId at = node; at != noNode; at = (*input.tree)[at].parent) {
        const auto* its = input.tree->propertiesOf(at);
        if (its != nullptr && !its->aliases.empty()) return sharedProblem(input, *its);
    }
    return {};
}

Checked<void> requireUnusedBelow(const PlanInput& input, NodeId node) {
    // Nodes stand in the order of the text: a subtree is a range of them.
    const Tree& tree = *input.tree;
    NodeId last = node;
    while (!tree[last].children.empty()) last = tree[last].children.back();
    auto its = std::ranges::lower_bound(tree.properties, node, {}, &Properties::node);
    for (; its != tree.properties.end() && its->node <= last; ++its) {
        if (!its->aliases.empty()) return sharedProblem(input, *its);
    }
    return {};
}

}  // namespace memfit::yaml
