#include "memfit/advice/choice.h"

#include <algorithm>
#include <limits>

namespace memfit {

namespace {

/// Rounding of a product must not decide at the very border of the tolerance.
constexpr double rounding = 1e-9;

bool withinTolerance(double speed, double reference, double tolerance) {
    return speed >= reference * (1 - tolerance) * (1 - rounding);
}

Bytes orderOf(const std::optional<Bytes>& limit) {
    return limit.value_or(std::numeric_limits<Bytes>::max());
}

double speedOf(const Candidate& candidate) {
    return candidate.speed ? candidate.speed->median : 0;
}

bool isUnlimitedPlain(const Candidate& candidate) {
    return !candidate.settings.limit && candidate.settings.mode == Mode::plain;
}

std::optional<std::size_t> fastest(const std::vector<Candidate>& cells,
                                   const std::vector<std::size_t>& among) {
    const auto best = std::ranges::max_element(among, [&](std::size_t a, std::size_t b) {
        if (speedOf(cells[a]) != speedOf(cells[b])) return speedOf(cells[a]) < speedOf(cells[b]);
        return orderOf(cells[a].settings.limit) > orderOf(cells[b].settings.limit);
    });
    return best == among.end() ? std::nullopt : std::optional(*best);
}

std::vector<std::size_t> allOf(const std::vector<Candidate>& cells) {
    std::vector<std::size_t> all(cells.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    return all;
}

/// Is `cell` worse than `best`, by significance where the runs allow it?
bool isWorse(const Candidates& candidates, const Candidate& cell, const Candidate& best) {
    if (cell.enoughRuns() && best.enoughRuns()) {
        const auto found = difference(candidates, cell, best);
        if (found && found->tested()) return found->significant && found->ratio < 1;
    }
    return speedOf(cell) < speedOf(best);
}

class Chooser {
public:
    Chooser(const Candidates& candidates, Policy policy, double tolerance,
            std::optional<Bytes> atLeast)
        : candidates_(candidates), policy_(policy), tolerance_(tolerance), atLeast_(atLeast) {
        if (candidates.unit != SpeedUnit::unknown)
            choice_.best = fastest(candidates.cells, allOf(candidates.cells));
        if (choice_.best) choice_.reference = speedOf(cells()[*choice_.best]);
        if (choice_.best && policy == Policy::lean && candidates.unlimitedSpeed)
            choice_.reference = candidates.unlimitedSpeed;
    }

    std::optional<Choice> choose() {
        if (policy_ == Policy::noLimit) return chooseUnlimited();
        const auto fitting = smallestFitting();
        if (fitting.empty()) return std::nullopt;
        std::vector<std::size_t> plain;
        std::vector<std::size_t> gomemlimit;
        for (const auto i : fitting)
            (cells()[i].settings.mode == Mode::plain ? plain : gomemlimit).push_back(i);
        const auto plainOne = fastest(cells(), plain);
        const auto gomemlimitOne = fastest(cells(), gomemlimit);
        const bool takeGomemlimit =
            gomemlimitOne &&
            (!plainOne ||
             preferGomemlimit(cells()[*gomemlimitOne], cells()[*plainOne], policy_, tolerance_));
        choice_.chosen = takeGomemlimit ? *gomemlimitOne : *plainOne;
        return choice_;
    }

private:
    [[nodiscard]] const std::vector<Candidate>& cells() const { return candidates_.cells; }

    std::optional<Choice> chooseUnlimited() {
        const auto unlimited = std::ranges::find_if(cells(), isUnlimitedPlain);
        if (unlimited == cells().end()) return std::nullopt;
        choice_.chosen = static_cast<std::size_t>(unlimited - cells().begin());
        return choice_;
    }

    [[nodiscard]] bool fits(const Candidate& cell) const {
        if (atLeast_ && orderOf(cell.settings.limit) < *atLeast_) return false;
        return isFastEnough(candidates_, choice_, cell, policy_, tolerance_);
    }

    /// Every fitting cell at the smallest limit at which one fits.
    [[nodiscard]] std::vector<std::size_t> smallestFitting() const {
        std::vector<std::size_t> found;
        for (std::size_t i = 0; i < cells().size(); ++i) {
            if (!fits(cells()[i])) continue;
            const auto order = orderOf(cells()[i].settings.limit);
            const auto smallest =
                found.empty() ? order : orderOf(cells()[found.front()].settings.limit);
            if (order < smallest) found.clear();
            if (order <= smallest) found.push_back(i);
        }
        return found;
    }

    const Candidates& candidates_;
    Policy policy_;
    double tolerance_;
    std::optional<Bytes> atLeast_;
    Choice choice_;
};

}  // namespace

std::optional<Choice> choose(const Candidates& candidates, Policy policy, double tolerance,
                             std::optional<Bytes> atLeast) {
    return Chooser(candidates, policy, tolerance, atLeast).choose();
}

bool isFastEnough(const Candidates& candidates, const Choice& choice, const Candidate& cell,
                  Policy policy, double tolerance) {
    if (!choice.best) return true;
    if (policy == Policy::fast && candidates.modelled)
        return withinTolerance(speedOf(cell), *choice.reference, fastTolerance);
    if (policy == Policy::fast) return !isWorse(candidates, cell, candidates.cells[*choice.best]);
    return withinTolerance(speedOf(cell), *choice.reference, tolerance);
}

bool preferGomemlimit(const Candidate& gomemlimit, const Candidate& plain, Policy policy,
                      double tolerance) {
    if (!gomemlimit.speed || !plain.speed) return false;
    if (policy != Policy::lean)
        return speedOf(gomemlimit) > speedOf(plain) * (1 + tolerance) * (1 + rounding);
    if (!gomemlimit.enoughRuns() || !plain.enoughRuns())
        return speedOf(gomemlimit) >= speedOf(plain);
    const auto found = compare(gomemlimit.speeds, plain.speeds);
    if (!found || !found->tested()) return speedOf(gomemlimit) >= speedOf(plain);
    return !(found->significant && found->ratio < 1);
}

std::optional<Difference> difference(const Candidates& candidates, const Candidate& cell,
                                     const Candidate& against) {
    std::vector<std::vector<BlockedValue>> others;
    for (const auto& other : candidates.cells)
        if (other.settings != cell.settings && other.settings != against.settings)
            others.push_back(other.speeds);
    return compare(cell.speeds, against.speeds, others);
}

}  // namespace memfit
