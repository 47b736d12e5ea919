#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"
#include "memfit/observe/load/load_report.h"

namespace memfit {

/// What a survivor must still deliver, `rps>=0.9x,p99<=500ms`.
class Floor {
public:
    /// Metrics: rps (>=), p50 p90 p95 p99 avg max total (<=), errors (<=, a share `0.1%` or count).
    /// Values: a number, with `x` for a multiple of the unlimited run (rps and times), times with
    /// us, ms, s. Blanks around terms, metrics and values do not count.
    /// Errors (kind usage) name the term.
    [[nodiscard]] static Result<Floor> parse(std::string_view text);

    /// The first term that `report` misses, as a clause (`rps 9.4 is below 26.7`), or nullopt.
    /// `errors` counts every request that did not succeed, answered or not.
    /// `unlimited`: the unlimited run's report, for terms with `x`; a term whose figure is not
    /// known on either side is not missed.
    [[nodiscard]] std::optional<std::string> missedBy(
        const LoadReport& report, const std::optional<LoadReport>& unlimited) const;

    /// Why `report` cannot be checked against some term, as a clause (`p99 is not known`, `rps
    /// without a limit is not known`); nullopt when every term can be judged.
    [[nodiscard]] std::optional<std::string> uncheckedIn(
        const LoadReport& report, const std::optional<LoadReport>& unlimited) const;

    /// Some term has `x`: judging needs the unlimited run's report.
    [[nodiscard]] bool needsUnlimited() const;

    [[nodiscard]] const std::string& text() const { return text_; }

    struct Term {
        std::string metric;
        bool atLeast = true;
        double value = 0;       ///< requests/s, seconds, requests or percent; with `x` a factor
        bool relative = false;  ///< `x`
        bool share = false;     ///< `%`

        friend bool operator==(const Term&, const Term&) = default;
    };

    friend bool operator==(const Floor&, const Floor&) = default;

private:
    std::string text_;
    std::vector<Term> terms_;
};

}  // namespace memfit
