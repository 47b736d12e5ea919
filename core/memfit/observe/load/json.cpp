#include "memfit/observe/load/json.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "memfit/observe/load/text.h"

namespace memfit::load {

namespace {

constexpr int maxDepth = 64;

/// Size of the balanced object at the start of `text`, 0 when it does not end. `steps`: bytes read.
std::size_t objectSize(std::string_view text, std::size_t& steps) {
    int depth = 0;
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i, ++steps) {
        const char c = text[i];
        if (inString) {
            if (c == '\\') ++i;
            if (c == '"') inString = false;
        } else if (c == '"') {
            inString = true;
        } else if (c == '{' || c == '[') {
            if (++depth > maxDepth) return 0;
        } else if (c == '}' || c == ']') {
            if (--depth == 0) return i + 1;
        }
    }
    return 0;
}

Json parsed(std::string_view text) {
    return Json::parse(text, nullptr, false);
}

/// Escapes that JSON does not know lose their meaning, but the text stays readable as JSON.
std::string withJsonEscapes(std::string_view text) {
    static constexpr std::string_view known = "\"\\/bfnrtu";
    std::string repaired;
    repaired.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            repaired += text[i];
        } else if (known.find(text[i + 1]) == std::string_view::npos) {
            repaired += '?';
        } else {
            repaired += text[i];
            repaired += text[++i];
        }
    }
    return repaired;
}

Json parsedLeniently(std::string_view text) {
    Json object = parsed(text);
    if (object.is_discarded() && contains(text, "\\")) object = parsed(withJsonEscapes(text));
    return object;
}

}  // namespace

void forEachObject(std::string_view text, const std::function<void(const Json&)>& use) {
    // Braces that start no object cost a scan each; the budget keeps a text full of them linear.
    std::size_t steps = 0;
    const std::size_t budget = 16 * text.size();
    std::size_t at = text.find('{');
    while (at != std::string_view::npos && steps <= budget) {
        const std::size_t size = objectSize(text.substr(at), steps);
        std::size_t next = at + 1;
        if (size != 0) {
            const Json object = parsedLeniently(text.substr(at, size));
            steps += size;
            if (object.is_object()) {
                use(object);
                next = at + size;
            }
        }
        at = text.find('{', next);
    }
}

const Json* member(const Json& object, Path path) {
    const Json* current = &object;
    for (const auto name : path) {
        if (!current->is_object()) return nullptr;
        const auto found = current->find(name);
        if (found == current->end()) return nullptr;
        current = &*found;
    }
    return current;
}

std::optional<double> number(const Json& object, Path path) {
    const Json* const value = member(object, path);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    const auto read = value->get<double>();
    if (!std::isfinite(read) || read < 0) return std::nullopt;
    return read;
}

std::optional<std::int64_t> count(const Json& object, Path path) {
    return toCount(number(object, path));
}

std::optional<double> seconds(const Json& object, Path path, double unit) {
    return toSeconds(number(object, path), unit);
}

void forEachCount(const Json& object, Path path,
                  const std::function<void(const std::string&, std::int64_t)>& use) {
    const Json* const counts = member(object, path);
    if (counts == nullptr || !counts->is_object()) return;
    for (const auto& [name, value] : counts->items()) {
        if (value.is_number()) use(name, toCount(value.get<double>()).value_or(0));
    }
}

}  // namespace memfit::load
