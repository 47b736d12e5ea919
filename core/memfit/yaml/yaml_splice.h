#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "memfit/yaml/yaml_tree.h"
#include "memfit/yaml/yaml_value.h"

namespace memfit::yaml {

/// One change of a document's tree.
struct Operation {
    enum class Kind {
        setEntry,       ///< key and value of entry `index` of a map become `key` and `value`
        insertEntries,  ///< the entries of the map `value` are appended to a map
        removeEntry,    ///< of a map: entry `index` goes; it is not the only one
        appendItems,    ///< the items of the sequence `value` are appended to a sequence
        replaceItem,    ///< item `index` of a sequence becomes `value`
        removeItem,     ///< of a sequence: item `index` goes; it is not the only one
    };
    Kind kind = Kind::setEntry;
    NodeId node = noNode;   ///< the map or sequence
    std::size_t index = 0;  ///< in Node::children; of a map: the key's
    std::string key;        ///< of setEntry
    Value value;
};

/// Bytes [begin, end) of a text become `text`.
struct Splice {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string text;
};

/// How a document is written.
struct DocumentStyle {
    bool json = false;  ///< flow maps with quoted keys from the root on
    BlockStyle block;
};

/// The splices, ascending and disjoint, that carry out `operation` in `text`, whose tree is `tree`.
/// Everything around them stays: comments, quotes, line ends, indentation. What they make is to be
/// parsed and compared with `apply`; for a layout that is not understood the two differ.
[[nodiscard]] std::vector<Splice> splices(std::string_view text, const Tree& tree,
                                          const Operation& operation, const DocumentStyle& style);

/// Carries out `operation` on `document`, the value of the root of `tree`.
void apply(Value& document, const Tree& tree, const Operation& operation);

}  // namespace memfit::yaml
