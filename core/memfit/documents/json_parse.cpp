#include "memfit/documents/json_parse.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

namespace memfit {

namespace {

constexpr std::size_t maxDepth = 64;
constexpr std::size_t maxFields = 512;

/// Builds one value from the parser's events, within the bounds.
class TreeBuilder final : public nlohmann::json_sax<Json> {
public:
    bool null() override { return place(nullptr); }
    bool boolean(bool value) override { return place(value); }
    bool number_integer(number_integer_t value) override { return place(value); }
    bool number_unsigned(number_unsigned_t value) override { return place(value); }
    bool number_float(number_float_t value, const string_t&) override { return place(value); }
    bool string(string_t& value) override { return place(std::move(value)); }
    bool binary(binary_t& value) override { return place(std::move(value)); }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        key_ = std::move(name);
        if (open_.back()->size() < maxFields) return true;
        problem_ = "an object has more than 512 fields, which no result document has";
        return false;
    }

    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception&) override {
        errorPosition_ = position;
        return false;
    }

    [[nodiscard]] Json take() { return std::move(root_); }
    [[nodiscard]] const std::string& problem() const { return problem_; }
    /// Characters that the parser had read when the JSON was at fault.
    [[nodiscard]] const std::optional<std::size_t>& errorPosition() const { return errorPosition_; }

private:
    template <class Value>
    bool place(Value&& value) {
        insert(Json(std::forward<Value>(value)));
        return true;
    }

    Json* insert(Json value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        Json& parent = *open_.back();
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        Json& slot = parent[key_];
        slot = std::move(value);
        return &slot;
    }

    bool open(Json value) {
        if (open_.size() >= maxDepth) {
            problem_ = "the JSON is nested deeper than 64 levels, which no result document is";
            return false;
        }
        open_.push_back(insert(std::move(value)));
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    Json root_;
    std::vector<Json*> open_;
    std::string key_;
    std::string problem_;
    std::optional<std::size_t> errorPosition_;
};

/// A pointer that tells how far the parser has come, so that the next value can start there.
class CountingIterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    CountingIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}

    reference operator*() const { return *at_; }
    CountingIterator& operator++() {
        *furthest_ = ++at_;
        return *this;
    }
    CountingIterator operator++(int) {
        auto before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(const CountingIterator& a, const CountingIterator& b) {
        return a.at_ == b.at_;
    }

private:
    const char* at_;
    const char** furthest_;
};

Location locate(std::string_view text, std::size_t offset, const std::string& fileName) {
    const auto before = text.substr(0, offset);
    const auto lines = std::ranges::count(before, '\n');
    const auto lineStart = before.rfind('\n');
    const auto column =
        lineStart == std::string_view::npos ? before.size() : before.size() - lineStart - 1;
    constexpr auto most = static_cast<std::size_t>(std::numeric_limits<int>::max()) - 1;
    return {fileName, static_cast<int>(std::min(static_cast<std::size_t>(lines), most)) + 1,
            static_cast<int>(std::min(column, most)) + 1};
}

constexpr std::string_view whitespace = " \t\r\n";
constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";

std::size_t skipSpace(std::string_view text, std::size_t offset) {
    offset = std::min(text.find_first_not_of(whitespace, offset), text.size());
    if (text.substr(offset).starts_with(byteOrderMark)) return skipSpace(text, offset + 3);
    return offset;
}

/// The last characters up to the one at fault, within its line.
std::string_view upTo(std::string_view text, std::size_t offset) {
    constexpr std::size_t longest = 20;
    auto part = text.substr(0, offset + 1);
    if (part.size() > longest) part.remove_prefix(part.size() - longest);
    if (const auto line = part.rfind('\n');
        line != std::string_view::npos && line + 1 < part.size())
        part.remove_prefix(line + 1);
    return part;
}

Error syntaxError(std::string_view text, std::size_t offset, const std::string& fileName) {
    const auto end = text.find_last_not_of(whitespace) + 1;
    if (offset >= end)
        return inputError("the document ends in the middle",
                          "take the whole output of the command that wrote it",
                          locate(text, end, fileName));
    return inputError("this is not JSON, after " + quoteForMessage(upTo(text, offset)),
                      "result documents are what memfit's commands write with -o json",
                      locate(text, offset, fileName));
}

Error notADocument(std::string_view text, std::size_t offset, const std::string& fileName) {
    const auto at = locate(text, offset, fileName);
    const bool yaml =
        text.substr(offset).starts_with("apiVersion:") || text.substr(offset).starts_with("---");
    if (yaml)
        return inputError("this is YAML, but result documents are read as JSON",
                          "write them with -o json", at);
    return inputError("this is not JSON, near " + quoteForMessage(text.substr(offset, 20)),
                      "result documents are what memfit's commands write with -o json", at);
}

}  // namespace

std::string quoteForMessage(std::string_view text) {
    constexpr std::size_t longest = 40;
    const bool cut = text.size() > longest;
    const Json value(std::string(text.substr(0, longest)));
    auto quoted = value.dump(-1, ' ', true, Json::error_handler_t::replace);
    if (cut) quoted.insert(quoted.size() - 1, "...");
    return quoted;
}

Result<std::vector<LocatedJson>> parseJsonTexts(std::string_view text,
                                                const std::string& fileName) {
    std::vector<LocatedJson> values;
    for (auto offset = skipSpace(text, 0); offset < text.size(); offset = skipSpace(text, offset)) {
        if (text[offset] != '{' && text[offset] != '[') return notADocument(text, offset, fileName);
        const char* const begin = text.data() + offset;
        const char* furthest = begin;
        TreeBuilder builder;
        const bool complete =
            Json::sax_parse(CountingIterator(begin, &furthest),
                            CountingIterator(text.data() + text.size(), &furthest), &builder,
                            nlohmann::detail::input_format_t::json, false);
        const auto at = locate(text, offset, fileName);
        const auto consumed = static_cast<std::size_t>(furthest - begin);
        if (!builder.problem().empty())
            return inputError(
                builder.problem(), "is this the right file?",
                locate(text, offset + std::max<std::size_t>(consumed, 1) - 1, fileName));
        if (!complete) {
            const auto position = builder.errorPosition().value_or(consumed);
            return syntaxError(text, offset + std::max<std::size_t>(position, 1) - 1, fileName);
        }
        values.push_back({builder.take(), at});
        offset += consumed;
    }
    return values;
}

}  // namespace memfit
