#include "trial/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace memfit::plugin {

double Budget::trialBegins() {
    if (!clock_) return 0;
    const double now = clock_();
    if (began_ < 0) began_ = now;
    return now;
}

void Budget::trialEnded(double began) {
    if (clock_) trials_.push_back(clock_() - began);
}

bool Budget::fits(std::size_t trials, double share) const {
    return !clock_ || trials_.empty() ||
           spent() + static_cast<double>(trials) * typical() <= seconds_ * share;
}

double Budget::spent() const {
    return !clock_ || began_ < 0 ? 0 : clock_() - began_;
}

double Budget::typical() const {
    if (trials_.empty()) return 0;
    auto sorted = trials_;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
}

std::string budgetText(double seconds) {
    if (seconds < 10) return fmt::format("{:.2g}s", seconds);
    const auto whole = std::lround(seconds);
    return whole % 60 == 0 ? fmt::format("{}m", whole / 60) : fmt::format("{}s", whole);
}

std::string roundBudgetText(double seconds) {
    const double step = seconds > 120 ? 60 : seconds > 10 ? 10 : 1;
    return budgetText(std::ceil(seconds / step) * step);
}

}  // namespace memfit::plugin
