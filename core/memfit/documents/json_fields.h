#pragma once

// Internal to memfit: reads the fields of a JSON object and remembers the first that does not fit.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/documents/json_parse.h"
#include "memfit/observe/memory_snapshot.h"
#include "memfit/units/bytes.h"

namespace memfit {

/// The fields of one JSON object. A field that is missing or `null` is nullopt. One of the wrong
/// type or range is nullopt too, and the first such is reported with its path (`cells[2].mode is a
/// number, expected a string`) in the text that all readers of a document share. Neither the object
/// nor that text is owned.
class JsonFields {
public:
    JsonFields(const Json& object, std::string path, std::string& problem)
        : object_(&object), path_(std::move(path)), problem_(&problem) {}

    [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
    [[nodiscard]] std::optional<bool> flag(std::string_view name) const;
    /// A whole number from 0 to 2^63 - 1; `36.0` and `1e3` are whole.
    [[nodiscard]] std::optional<std::int64_t> count(std::string_view name) const;
    /// A size in bytes: as count.
    [[nodiscard]] std::optional<Bytes> bytes(std::string_view name) const;
    /// A limit in bytes: as bytes, but not 0, which would mean "none" to some and "nothing" to
    /// others.
    [[nodiscard]] std::optional<Bytes> limit(std::string_view name) const;
    /// A whole number that an `int` holds; it may be negative.
    [[nodiscard]] std::optional<int> integer(std::string_view name) const;
    /// A number, not negative.
    [[nodiscard]] std::optional<double> number(std::string_view name) const;
    /// RFC 3339.
    [[nodiscard]] std::optional<Timestamp> time(std::string_view name) const;
    [[nodiscard]] std::optional<JsonFields> object(std::string_view name) const;
    /// At most `most` objects; empty when there is no such field.
    [[nodiscard]] std::vector<JsonFields> objects(std::string_view name, std::size_t most) const;
    [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;

    /// A word of an enumeration whose enumerators run from 0 to `last`.
    template <class Enum>
    [[nodiscard]] std::optional<Enum> word(std::string_view name, std::string_view (*toWord)(Enum),
                                           Enum last) const {
        const auto given = text(name);
        if (!given) return std::nullopt;
        std::string known;
        for (int i = 0; i <= static_cast<int>(last); ++i) {
            const auto candidate = toWord(static_cast<Enum>(i));
            if (candidate == *given) return static_cast<Enum>(i);
            known += (known.empty() ? "" : ", ") + std::string(candidate);
        }
        fail(name, "is " + quoteForMessage(*given) + ", not one of " + known);
        return std::nullopt;
    }

    /// The field is there, even if it is null.
    [[nodiscard]] bool has(std::string_view name) const;
    [[nodiscard]] bool isNumber(std::string_view name) const;
    /// Reports `name` unless something was reported before: `PATH.name TEXT`.
    void fail(std::string_view name, const std::string& text) const;
    [[nodiscard]] bool failed() const { return !problem_->empty(); }

private:
    [[nodiscard]] const Json* find(std::string_view name) const;
    void failType(std::string_view name, const Json& found, std::string_view wanted) const;
    [[nodiscard]] std::optional<std::int64_t> whole(std::string_view name,
                                                    std::string_view wanted) const;
    [[nodiscard]] std::string pathOf(std::string_view name) const;

    const Json* object_;
    std::string path_;
    std::string* problem_;
};

}  // namespace memfit
