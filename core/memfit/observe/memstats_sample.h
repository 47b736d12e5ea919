#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace memfit::memstats {

struct Label {
    std::string name;        ///< with underscores for the dots of OpenTelemetry
    std::string_view value;  ///< as written, escapes and all

    friend bool operator==(const Label&, const Label&) = default;
};
using Labels = std::vector<Label>;

/// One sample of Prometheus text: `name{label="value",...} value timestamp`, labels and timestamp
/// optional; or, as Prometheus 3 has it, `{"na.me","la.bel"="value",...} value`.
struct Sample {
    Labels labels;           ///< in alphabetical order
    std::string_view value;  ///< the text of the number; empty where there is none
};

/// The metric's name, with underscores for dots; empty where the line has none. `storage` keeps a
/// name that is not in the line as it is.
[[nodiscard]] std::string_view nameOf(std::string_view line, std::string& storage);

/// nullopt: the line is not a sample.
[[nodiscard]] std::optional<Sample> parseSample(std::string_view line);

/// Whether a line of the text is a sample with a number.
[[nodiscard]] bool looksLikeSample(std::string_view line);

}  // namespace memfit::memstats
