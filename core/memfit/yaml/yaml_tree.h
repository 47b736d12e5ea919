#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"
#include "memfit/yaml/yaml_value.h"

namespace memfit::yaml {

using NodeId = std::uint32_t;
inline constexpr NodeId noNode = 0xffffffff;

/// A node and where it stands. Offsets count bytes of the document's text.
struct Node {
    Value::Kind kind = Value::Kind::null;
    bool flow = false;  ///< of a collection
    char quote = 0;     ///< of a scalar, as in Value
    NodeId parent = noNode;
    NodeId target = noNode;     ///< of an alias: the node that it stands for
    std::uint32_t begin = 0;    ///< first byte, with anchor and tag
    std::uint32_t content = 0;  ///< first byte after anchor and tag
    std::uint32_t end = 0;      ///< after the last byte; of a null that is not written: its place
    std::string text;           ///< a scalar's value; an alias's anchor
    std::vector<NodeId> children;  ///< items; of a map: key, value, key, value, …
};

/// Properties that few nodes have.
struct Properties {
    NodeId node = noNode;
    std::string anchor;
    std::string tag;
    std::vector<NodeId> aliases;  ///< nodes that stand for this one
};

/// One YAML (or JSON) document with the positions of its parts. Aliases are leaves, so that a tree
/// is never larger than its text.
class Tree {
public:
    std::vector<Node> nodes;             ///< a parent stands before its children
    std::vector<Properties> properties;  ///< of the nodes that have an anchor or a tag, ascending
    NodeId root = noNode;                ///< noNode: an empty document

    [[nodiscard]] const Node& operator[](NodeId id) const { return nodes[id]; }
    /// nullptr where the node has neither anchor nor tag.
    [[nodiscard]] const Properties* propertiesOf(NodeId id) const;
    /// The node itself, or what it is an alias of.
    [[nodiscard]] NodeId resolved(NodeId id) const;
    /// The index in `children` of the key `key` of the map `map`, merge keys left aside.
    [[nodiscard]] std::optional<std::size_t> ownKey(NodeId map, std::string_view key) const;
    /// The index in `children` of the merge key of `map`: a plain `<<`; a quoted one is a key.
    [[nodiscard]] std::optional<std::size_t> mergeKey(NodeId map) const;
    /// What the merge key of `map`, a map, brings as the value of `key`; noNode for nothing.
    [[nodiscard]] NodeId merged(NodeId map, std::string_view key) const;
    /// The value of `key`, through aliases and merge keys; noNode without one, or without a map.
    [[nodiscard]] NodeId find(NodeId map, std::string_view key) const;
    /// The scalar below `key`, through aliases and merge keys; nullopt when it is not a scalar.
    [[nodiscard]] std::optional<std::string_view> scalar(NodeId map, std::string_view key) const;
    /// The subtree as a value.
    [[nodiscard]] Value value(NodeId id) const;

private:
    [[nodiscard]] NodeId find(NodeId map, std::string_view key, int depth) const;
    [[nodiscard]] NodeId merged(NodeId map, std::string_view key, int depth) const;
};

/// What is wrong with a document, and at which byte of it.
struct Problem {
    std::uint32_t offset = 0;
    std::string what;
    std::string next;
};

/// The problem that the document is the source of a template, as the braces at `offset` show.
[[nodiscard]] Problem templateProblem(std::size_t offset);

/// Parses the text of one document (without byte order mark; at most 2^30 bytes, valid UTF-8, no
/// control characters: see yaml_documents.h). Linear in time and memory. Problems: not YAML (with
/// the tab, template or unclosed quote behind it named), a key twice in a map (`<<` too), nesting
/// deeper than 100 levels, more than 2,000,000 nodes, a second document.
[[nodiscard]] boost::system::result<Tree, Problem> parseDocument(std::string_view text);

/// The same of each of `texts`, in their order. Many are shared out among the processors: parsing
/// is what takes the time of a large manifest.
[[nodiscard]] std::vector<boost::system::result<Tree, Problem>> parseDocuments(
    std::span<const std::string_view> texts);

/// Called by value() on a problem: taking the value without looking is a bug of the caller.
[[noreturn]] void throw_exception_from_error(const Problem& problem, const boost::source_location&);

}  // namespace memfit::yaml
