#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace memfit::plugin {

/// The time within which a run is to do its best: says whether further trials, each about as long
/// as the typical one so far, still end within it. It begins with the first trial. Without one
/// everything fits.
class Budget {
public:
    using Clock = std::function<double()>;  ///< seconds since whatever moment

    Budget() = default;
    Budget(double seconds, Clock clock) : seconds_(seconds), clock_(std::move(clock)) {}

    /// Returns when, for trialEnded(); trials may run side by side.
    double trialBegins();
    void trialEnded(double began);

    /// Whether `trials`, one after the other, end within this share of the budget. Before a trial
    /// has ended this is not known, and the answer is true.
    [[nodiscard]] bool fits(std::size_t trials, double share = 1) const;

    [[nodiscard]] double seconds() const { return seconds_; }
    [[nodiscard]] double spent() const;
    [[nodiscard]] double typical() const;  ///< seconds of a trial, the median; 0 before the first

private:
    double seconds_ = 0;
    Clock clock_;        ///< none: no budget
    double began_ = -1;  ///< of the first trial; negative: none yet
    std::vector<double> trials_;
};

/// `10m`, `90s`, as --budget takes it.
[[nodiscard]] std::string budgetText(double seconds);

/// The same of a budget to give instead: no less, and a round figure.
[[nodiscard]] std::string roundBudgetText(double seconds);

}  // namespace memfit::plugin
