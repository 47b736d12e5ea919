#pragma once

#include <fmt/format.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "cli/options.h"
#include "memfit/error.h"
#include "memfit/units/quantity.h"

namespace memfit::plugin {

constexpr unsigned onProbe = bit(CommandKind::probe);
constexpr unsigned onSqueeze = bit(CommandKind::squeeze);
constexpr unsigned onBench = bit(CommandKind::bench);
constexpr unsigned onRecommend = bit(CommandKind::recommend);
constexpr unsigned onLint = bit(CommandKind::lint);
constexpr unsigned onCleanup = bit(CommandKind::cleanup);
/// Every command that runs or judges trials.
constexpr unsigned onTrials = onProbe | onSqueeze | onBench | onRecommend;
constexpr unsigned onAll = onTrials | onLint | onCleanup;
constexpr unsigned onSearching = onSqueeze | onBench | onRecommend;
constexpr unsigned onBenching = onBench | onRecommend;

/// The value of a switch is nothing.
using Value = const std::string&;

/// Stores a parsed value, or hands its error on as one of usage.
template <class T, class Field>
Result<void> store(Result<T> parsed, Field& field) {
    if (!parsed) {
        Error error = parsed.error();
        error.kind = ErrorKind::usage;
        return error;
    }
    field = *std::move(parsed);
    return {};
}

inline Result<void> storeBytes(const std::string& text, std::optional<Bytes>& field) {
    const auto quantity = parseQuantity(text);
    if (!quantity) {
        Error error = quantity.error();
        error.kind = ErrorKind::usage;
        return error;
    }
    if (quantity->fractional) {
        return usageError(fmt::format("'{}' is a fraction of a byte", text),
                          "use M or Mi for a size of memory");
    }
    if (quantity->bytes < 1)
        return usageError(fmt::format("'{}' is not more than 0", text),
                          "write a size such as 64Mi");
    field = quantity->bytes;
    return {};
}

/// Stores the choice that `read` knows by this name.
template <class Read, class Field>
Result<void> storeChoice(const std::string& text, Read read, std::string_view choices,
                         Field& field) {
    const auto choice = read(text);
    if (!choice) {
        return usageError(fmt::format("'{}' is not one of {}", text, choices));
    }
    const auto chosen = *choice;
    field = chosen;
    return {};
}

/// A switch: sets one field.
template <bool Options::* field>
Result<void> setSwitch(Options& options, Value /*value*/) {
    options.*field = true;
    return {};
}

/// Rows of the table that concern a cluster; the rest is in options.cpp.
[[nodiscard]] std::span<const OptionSpec> clusterOptionRows();

}  // namespace memfit::plugin
