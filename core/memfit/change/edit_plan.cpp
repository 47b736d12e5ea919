#include "memfit/change/edit_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace memfit::yaml {

namespace {

// The most nodes that are copied: far more than any container has in resources or env.
constexpr std::size_t maxCopied = 10'000;
constexpr std::size_t maxCopyDepth = 100;

Problem sharedProblem(const PlanInput& input, const Properties& its) {
    return {(*input.tree)[its.node].begin,
            fmt::format("a change of container {} would change the anchor &{}, which line {} uses "
                        "too",
                        input.containerName, its.anchor, input.lineOf(its.aliases.front())),
            "write the alias out in the file first"};
}

// Makes copies of nodes for another place, without the anchors, which stay where they are. An alias
// stays an alias where its anchor still is the same one at that place; else it is written out.
class Copier {
public:
    Copier(const Tree& tree, std::size_t place) : tree_(tree) {
        for (const Properties& its : tree.properties) {
            if (tree[its.node].begin >= place) break;
            if (!its.anchor.empty()) anchors_[its.anchor] = its.node;
        }
    }

    [[nodiscard]] Checked<Value> copy(NodeId node) {
        Value value = copyBelow(node, 0);
        if (count_ <= maxCopied) return value;
        return Problem{tree_[node].begin,
                       fmt::format("more than {} values would have to be written out", maxCopied),
                       "write the aliases out in the file first"};
    }

private:
    [[nodiscard]] Value copyBelow(NodeId id, std::size_t depth) {
        if (tree_[id].kind == Value::Kind::alias && anchors_[tree_[id].text] != tree_[id].target) {
            id = tree_[id].target;
        }
        const Node& node = tree_[id];
        Value value{node.kind, node.quote, node.text, {}, {}, {}};
        if (const auto* its = tree_.propertiesOf(id)) value.tag = its->tag;
        // An alias can stand for something that contains it, and can expand to more than fits into
        // memory.
        if (depth > maxCopyDepth) count_ = maxCopied;
        for (const NodeId child : node.children) {
            if (++count_ > maxCopied) break;
            value.children.push_back(copyBelow(child, depth + 1));
        }
        return value;
    }

    const Tree& tree_;
    std::unordered_map<std::string_view, NodeId> anchors_;  // as they are at the place
    std::size_t count_ = 0;
};

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
    return {std::move(operation), std::move(what), {}, {}};
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
    return {std::move(operation), std::move(what), {}, {}};
}

PlannedOperation removal(const PlanInput& input, NodeId map, std::size_t index, std::string what) {
    const Tree& tree = *input.tree;
    const auto& children = tree[map].children;
    const std::string& key = tree[tree.resolved(children[index])].text;
    if (tree.merged(map, key) != noNode) {
        Value empty;
        empty.kind = tree[children[index + 1]].kind;
        return replacement(input, map, index, key, std::move(empty), std::move(what));
    }
    Operation operation;
    operation.kind = Operation::Kind::removeEntry;
    operation.node = map;
    operation.index = index;
    return {std::move(operation), std::move(what), {}, {}};
}

Checked<Access> access(const PlanInput& input, NodeId map, std::string_view key, Value::Kind kind) {
    const Tree& tree = *input.tree;
    Access access;
    const NodeId found = tree.find(map, key);
    if (found == noNode) return access;
    const bool empty = tree[found].kind == Value::Kind::null ||
                       (tree[found].children.empty() && tree[found].kind != Value::Kind::scalar);
    if (!empty && tree[found].kind != kind) {
        return Problem{tree[found].begin, fmt::format("{} is not {}", key, kindName(kind)),
                       "see kubectl explain pod.spec.containers"};
    }
    const auto own = tree.ownKey(map, key);
    access.present = own.has_value();
    if (own) access.index = *own;
    if (!own && !empty) {
        auto copy = Copier(tree, tree[map].end).copy(found);
        if (copy.has_error()) return copy.error();
        access.first.push_back(insertion(input, map, mapValue({{std::string(key), *copy}}),
                                         fmt::format("{} written out", key)));
        access.first.back().note =
            fmt::format("{}, which a merge key brings, is written out at container {}", key,
                        input.containerName);
        return access;
    }
    const NodeId direct = own ? tree[map].children[*own + 1] : noNode;
    if (own && tree[direct].kind == Value::Kind::alias && !empty) {
        auto copy = Copier(tree, tree[direct].begin).copy(found);
        if (copy.has_error()) return copy.error();
        access.first.push_back(
            replacement(input, map, *own, key, *copy, fmt::format("{} written out", key)));
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
