#include "memfit/observe/memstats_sample.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "memfit/observe/memstats_fields.h"

namespace memfit::memstats {

namespace {

std::string_view trimmedFront(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return text;
}

std::string withUnderscores(std::string_view text) {
    std::string name(text);
    std::ranges::replace(name, '.', '_');
    return name;
}

/// Where the quoted text ends that starts behind an opening quote; npos when it never does.
std::size_t endOfQuoted(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\')
            ++i;
        else if (text[i] == '"')
            return i;
    }
    return std::string_view::npos;
}

/// Takes a quoted text from the front; nullopt where there is none.
std::optional<std::string_view> takeQuoted(std::string_view& text) {
    if (!text.starts_with('"')) return std::nullopt;
    const auto end = endOfQuoted(text.substr(1));
    if (end == std::string_view::npos) return std::nullopt;
    const auto inside = text.substr(1, end);
    text.remove_prefix(end + 2);
    return inside;
}

/// Takes `name="value"` or a quoted metric's name, which has no value.
bool takeLabel(std::string_view& text, Labels& labels) {
    std::string_view name;
    if (text.starts_with('"')) {
        const auto quoted = takeQuoted(text);
        if (!quoted) return false;
        name = *quoted;
    } else {
        const auto end = text.find_first_of("= \t,}\"");
        if (end == std::string_view::npos || end == 0) return false;
        name = text.substr(0, end);
        text.remove_prefix(end);
    }
    text = trimmedFront(text);
    if (!text.starts_with('=')) return true;
    text = trimmedFront(text.substr(1));
    const auto value = takeQuoted(text);
    if (!value) return false;
    labels.push_back({withUnderscores(name), *value});
    return true;
}

/// Takes the labels behind an opening brace, and the closing one.
std::optional<Labels> takeLabels(std::string_view& text) {
    Labels labels;
    while (!text.empty()) {
        text.remove_prefix(std::min(text.find_first_not_of(", \t"), text.size()));
        if (text.starts_with('}')) {
            text.remove_prefix(1);
            std::ranges::sort(labels, {}, &Label::name);
            return labels;
        }
        if (!takeLabel(text, labels)) return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

std::string_view nameOf(std::string_view line, std::string& storage) {
    constexpr std::string_view utf8 = "{\"";
    if (!line.starts_with(utf8)) return line.substr(0, line.find_first_of("{ \t"));
    line.remove_prefix(1);
    const auto name = takeQuoted(line);
    if (!name || trimmedFront(line).starts_with('=')) return {};
    storage = withUnderscores(*name);
    return storage;
}

std::optional<Sample> parseSample(std::string_view line) {
    const auto nameEnd = line.find_first_of("{ \t");
    if (nameEnd == std::string_view::npos) return std::nullopt;
    Sample sample;
    line = trimmedFront(line.substr(nameEnd));
    if (line.starts_with('{')) {
        line.remove_prefix(1);
        auto labels = takeLabels(line);
        if (!labels) return std::nullopt;
        sample.labels = *std::move(labels);
        line = trimmedFront(line);
    }
    sample.value = line.substr(0, line.find_first_of(" \t"));
    return sample;
}

bool looksLikeSample(std::string_view line) {
    std::string storage;
    const auto name = nameOf(line, storage);
    const auto isLetter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
    };
    const auto belongs = [&](char c) { return isLetter(c) || (c >= '0' && c <= '9'); };
    if (name.empty() || !isLetter(name.front()) || !std::ranges::all_of(name, belongs))
        return false;
    const auto sample = parseSample(line);
    return sample && parseDouble(sample->value).has_value();
}

}  // namespace memfit::memstats
