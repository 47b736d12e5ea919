#include "memfit/yaml/yaml_value.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace memfit::yaml {

namespace {

bool isNonEmptyCollection(const Value& value) {
    return !value.children.empty();
}

// Plain letters that begin no YAML 1.1 boolean or null, and nothing that YAML could take for
// syntax.
bool isSafePlain(std::string_view text) {
    static constexpr std::string_view words[] = {"y",     "n",  "yes", "no",  "true",
                                                 "false", "on", "off", "null"};
    if (text.empty()) return false;
    std::string lower;
    bool digitsOnly = true;
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool digit = c >= '0' && c <= '9';
        if (!letter && !digit && c != '.' && c != '-' && c != '_' && c != '/') return false;
        if (letter) digitsOnly = false;
        lower += letter && c < 'a' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
    const bool beginsWell = lower.front() != '.' && lower.front() != '-' && lower.front() != '_';
    const bool exponent = lower.find_first_not_of("0123456789.e-_") == std::string::npos;
    const bool based =
        lower.starts_with("0x") || lower.starts_with("0o") || lower.starts_with("0b");
    return beginsWell && !digitsOnly && !exponent && !based &&
           std::ranges::find(words, lower) == std::end(words);
}

std::string scalarText(const Value& value) {
    if (value.quote == 0) return value.text;
    if (value.quote == '\'' && value.text.find_first_of("\r\n") == std::string::npos) {
        std::string out = "'";
        for (const char c : value.text) out += c == '\'' ? "''" : std::string(1, c);
        return out + "'";
    }
    return nlohmann::json(value.text).dump();
}

std::string leafText(const Value& value) {
    switch (value.kind) {
        case Value::Kind::null:
            return "null";
        case Value::Kind::scalar:
            return scalarText(value);
        case Value::Kind::alias:
            return "*" + value.text;
        case Value::Kind::sequence:
            return "[]";
        case Value::Kind::map:
            return "{}";
    }
    return {};
}

void appendBlockEntries(std::string& out, std::size_t indent, const Value& map,
                        const BlockStyle& style) {
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
        appendBlockEntry(out, indent, map.children[i], map.children[i + 1], style);
    }
}

}  // namespace

Value plainValue(std::string text) {
    Value value;
    value.kind = Value::Kind::scalar;
    value.text = std::move(text);
    return value;
}

Value stringValue(std::string text) {
    Value value = plainValue(std::move(text));
    if (!isSafePlain(value.text)) value.quote = '"';
    return value;
}

Value keyLike(std::string key, char quote) {
    Value value = stringValue(std::move(key));
    if (quote == '"' || quote == '\'') value.quote = quote;
    return value;
}

Value mapValue(std::vector<std::pair<std::string, Value>> entries) {
    Value map;
    map.kind = Value::Kind::map;
    for (auto& [key, value] : entries) {
        map.children.push_back(stringValue(std::move(key)));
        map.children.push_back(std::move(value));
    }
    return map;
}

Value sequenceValue(std::vector<Value> items) {
    Value sequence;
    sequence.kind = Value::Kind::sequence;
    sequence.children = std::move(items);
    return sequence;
}

void quoteAll(Value& value) {
    if (value.kind == Value::Kind::scalar) value.quote = '"';
    for (auto& child : value.children) quoteAll(child);
}

void appendBlockEntry(std::string& out, std::size_t indent, const Value& key, const Value& value,
                      const BlockStyle& style) {
    out.append(indent, ' ') += leafText(key) + ":";
    if (!isNonEmptyCollection(value)) {
        out += " " + leafText(value) + style.newline;
        return;
    }
    out += style.newline;
    if (value.kind == Value::Kind::map) {
        appendBlockEntries(out, indent + style.unit, value, style);
        return;
    }
    for (const auto& item : value.children) {
        appendBlockItem(out, indent + (style.flush ? 0 : style.unit), item, style);
    }
}

void appendBlockItem(std::string& out, std::size_t indent, const Value& value,
                     const BlockStyle& style) {
    const std::size_t dash = out.size() + indent;
    if (value.kind == Value::Kind::map && isNonEmptyCollection(value)) {
        appendBlockEntries(out, indent + 2, value, style);
        out[dash] = '-';
        return;
    }
    // A sequence in a sequence does not occur in what is written here; flow style is right anyway.
    out.append(indent, ' ') += "- " + flowText(value, {}) + style.newline;
}

std::string flowEntry(const Value& key, const Value& value, const FlowStyle& style) {
    return leafText(key) + (style.compact ? ":" : ": ") + flowText(value, style);
}

std::string flowText(const Value& value, const FlowStyle& style) {
    if (!isNonEmptyCollection(value)) return leafText(value);
    const bool isMap = value.kind == Value::Kind::map;
    FlowStyle inner = style;
    inner.indent += style.unit;
    const std::string between =
        style.newline.empty() ? (style.compact ? "" : " ") : style.newline + inner.indent;
    std::string out = isMap ? "{" : "[";
    if (!style.newline.empty()) out += between;
    for (std::size_t i = 0; i < value.children.size(); i += isMap ? 2 : 1) {
        if (i > 0) out += "," + between;
        out += isMap ? flowEntry(value.children[i], value.children[i + 1], inner)
                     : flowText(value.children[i], inner);
    }
    if (!style.newline.empty()) out += style.newline + style.indent;
    return out + (isMap ? "}" : "]");
}

}  // namespace memfit::yaml
