#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace memfit::yaml {

/// A YAML tree as a value: what a text means, without where it stands. Aliases are leaves.
struct Value {
    enum class Kind { null, scalar, alias, sequence, map };
    Kind kind = Kind::null;
    char quote = 0;               ///< of a scalar: 0 plain, `'`, `"`, or `|` for a block scalar
    std::string text;             ///< a scalar's value; an alias's anchor
    std::string anchor;           ///< that this node defines; empty for none
    std::string tag;              ///< explicit tag; empty for none
    std::vector<Value> children;  ///< items; of a map: key, value, key, value, …

    /// Two kinds of quotes mean the same, quoted and plain do not.
    friend bool operator==(const Value& a, const Value& b) {
        return a.kind == b.kind && (a.quote == 0) == (b.quote == 0) && a.text == b.text &&
               a.anchor == b.anchor && a.tag == b.tag && a.children == b.children;
    }
};

/// A scalar that every reader of YAML 1.1 and 1.2 takes for a string or a quantity as it stands:
/// plain where that is safe, double-quoted for what looks like a number, a boolean or null.
[[nodiscard]] Value stringValue(std::string text);

/// A key in the quotes of the one that it replaces, if that had any.
[[nodiscard]] Value keyLike(std::string key, char quote);

/// A plain scalar, whatever it looks like: `1000` of a memory quantity is a number to everyone.
[[nodiscard]] Value plainValue(std::string text);

[[nodiscard]] Value mapValue(std::vector<std::pair<std::string, Value>> entries);
[[nodiscard]] Value sequenceValue(std::vector<Value> items);

/// Every scalar and key double-quoted, as JSON wants it.
void quoteAll(Value& value);

/// How block text is laid out.
struct BlockStyle {
    std::size_t unit = 2;  ///< columns a nested map is indented by
    bool flush = false;    ///< a sequence stands at the column of its key
    std::string newline = "\n";
};

/// How flow text is laid out.
struct FlowStyle {
    bool compact = false;  ///< `{"a":1,"b":2}`: no spaces
    std::string newline;   ///< line break between entries; empty: all on one line
    std::string indent;    ///< what the entries of the outermost collection are indented by
    std::string unit;      ///< what each deeper collection adds
};

/// `key: value` in block style, each line indented by `indent` columns and ended by a newline.
void appendBlockEntry(std::string& out, std::size_t indent, const Value& key, const Value& value,
                      const BlockStyle& style);

/// `- value` in block style, the dash at column `indent`.
void appendBlockItem(std::string& out, std::size_t indent, const Value& value,
                     const BlockStyle& style);

/// `key: value` of a flow map, without comma or line break around it.
[[nodiscard]] std::string flowEntry(const Value& key, const Value& value, const FlowStyle& style);

/// `value` in flow style; a collection's brackets stand where the text is put.
[[nodiscard]] std::string flowText(const Value& value, const FlowStyle& style);

}  // namespace memfit::yaml
