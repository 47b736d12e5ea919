#include "memfit/yaml/yaml_tree.h"

#include <algorithm>

namespace memfit::yaml {

namespace {

// A merge key can name a map that merges in turn, even itself.
constexpr int maxMergeDepth = 8;

}  // namespace

const Properties* Tree::propertiesOf(NodeId id) const {
    const auto at = std::ranges::lower_bound(properties, id, {}, &Properties::node);
    return at != properties.end() && at->node == id ? &*at : nullptr;
}

NodeId Tree::resolved(NodeId id) const {
    return id != noNode && nodes[id].kind == Value::Kind::alias ? nodes[id].target : id;
}

std::optional<std::size_t> Tree::ownKey(NodeId map, std::string_view key) const {
    const Node& node = nodes[map];
    if (node.kind != Value::Kind::map) return std::nullopt;
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
        const Node& candidate = nodes[resolved(node.children[i])];
        if (candidate.kind == Value::Kind::scalar && candidate.text == key) return i;
    }
    return std::nullopt;
}

std::optional<std::size_t> Tree::mergeKey(NodeId map) const {
    const auto& children = nodes[map].children;
    if (nodes[map].kind != Value::Kind::map) return std::nullopt;
    for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
        const Node& key = nodes[children[i]];
        if (key.kind == Value::Kind::scalar && key.quote == 0 && key.text == "<<") return i;
    }
    return std::nullopt;
}

NodeId Tree::find(NodeId map, std::string_view key) const {
    return map == noNode ? noNode : find(map, key, 0);
}

NodeId Tree::find(NodeId map, std::string_view key, int depth) const {
    map = resolved(map);
    if (nodes[map].kind != Value::Kind::map || depth > maxMergeDepth) return noNode;
    if (const auto own = ownKey(map, key)) return resolved(nodes[map].children[*own + 1]);
    return merged(map, key, depth);
}

NodeId Tree::merged(NodeId map, std::string_view key) const {
    return merged(map, key, 0);
}

NodeId Tree::merged(NodeId map, std::string_view key, int depth) const {
    const auto merge = mergeKey(map);
    if (!merge) return noNode;
    const NodeId source = resolved(nodes[map].children[*merge + 1]);
    if (nodes[source].kind != Value::Kind::sequence) return find(source, key, depth + 1);
    for (const NodeId item : nodes[source].children) {
        const NodeId found = find(item, key, depth + 1);
        if (found != noNode) return found;
    }
    return noNode;
}

std::optional<std::string_view> Tree::scalar(NodeId map, std::string_view key) const {
    const NodeId found = find(map, key);
    if (found == noNode || nodes[found].kind != Value::Kind::scalar) return std::nullopt;
    return nodes[found].text;
}

Value Tree::value(NodeId id) const {
    const Node& node = nodes[id];
    Value value;
    value.kind = node.kind;
    value.quote = node.quote;
    value.text = node.text;
    if (const auto* its = propertiesOf(id)) {
        value.anchor = its->anchor;
        value.tag = its->tag;
    }
    value.children.reserve(node.children.size());
    for (const NodeId child : node.children) value.children.push_back(this->value(child));
    return value;
}

void throw_exception_from_error(const Problem& problem, const boost::source_location&) {
    throw std::logic_error("unchecked problem: " + problem.what);
}

}  // namespace memfit::yaml
