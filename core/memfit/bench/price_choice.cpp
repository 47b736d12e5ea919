#include "memfit/bench/price_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "memfit/bench/law_fit.h"
#include "memfit/trial/statistics.h"

namespace memfit {

namespace {

constexpr double never = std::numeric_limits<double>::infinity();

/// The expected shortfall is the quantile that this share of the draws stays within. Even odds
/// would make the choice change from bench to bench wherever a limit lies just at the tolerance; in
/// simulation two benches agree more often by this one.
constexpr double held = 0.75;

/// Turns the share of draws in which a choice is right into its chance. The curves allow that
/// memory buys nothing in more programs than those of the simulation
/// (tests/bench/decide_simulation.cpp), so that a bench which tells little is right more often than
/// its draws say: there, the odds are e to one where the draws have even odds. Below four in ten
/// they are not better than said. Straight lines through what was seen, on the scale of log odds.
double calibrated(double share) {
    if (share <= 0 || share >= 1) return share;
    const double drawn = std::log(share / (1 - share));
    constexpr double bend = -0.2;
    constexpr double better = 1;
    constexpr double slope = 2.5;
    const double seen = drawn >= bend ? drawn + better : bend + better + (slope * (drawn - bend));
    return 1 / (1 + std::exp(-seen));
}

double limitOf(const Settings& settings) {
    return settings.limit ? static_cast<double>(*settings.limit) : never;
}

/// Throughput that is missing at a cost, as a share of the reference's.
double shortfall(double logCost, double reference) {
    return 1 - std::exp(reference - logCost);
}

/// The most a cost may be for a shortfall.
double mostCost(double reference, double allowed) {
    return reference - std::log1p(-allowed);
}

/// What is right in one draw.
struct Right {
    double limit = never;
    bool gomemlimit = false;
};

class Chooser {
public:
    Chooser(const PriceModel& model, const PriceAim& aim) : model_(model), aim_(aim) {
        for (std::size_t i = 0; i < model.cells().size(); ++i) {
            const auto& settings = model.cells()[i].settings;
            const bool small = aim.atLeast && settings.limit && *settings.limit < *aim.atLeast;
            if (!settings.limit && settings.mode == Mode::plain) unlimited_ = i;
            if (!small) allowed_.push_back(i);
        }
        continuous_ = model.law() == LawState::holds && model.gomemlimitShare().has_value();
        for (const auto i : allowed_) {
            const auto& settings = model.cells()[i].settings;
            if (settings.mode == Mode::gomemlimit) least_ = std::min(least_, limitOf(settings));
        }
        // Between a cell that is too small and one that is not, any limit may be taken.
        if (aim.atLeast && continuous_)
            for (const auto& cell : model.cells())
                if (cell.settings.mode == Mode::gomemlimit &&
                    limitOf(cell.settings) <= static_cast<double>(*aim.atLeast))
                    least_ = std::min(least_, static_cast<double>(*aim.atLeast));
    }

    std::optional<PriceChoice> choose() {
        if (allowed_.empty()) return std::nullopt;
        references_.clear();
        for (std::size_t d = 0; d < model_.draws(); ++d) references_.push_back(referenceOf(d));
        auto settings = expected();
        if (!settings) return std::nullopt;
        PriceChoice choice;
        choice.chosen = option(*settings);
        judge(choice);
        return choice;
    }

private:
    [[nodiscard]] double cost(std::size_t draw, std::size_t cell) const {
        return model_.logCost(draw, cell);
    }

    [[nodiscard]] double referenceOf(std::size_t draw) const {
        if (aim_.againstUnlimited && unlimited_) return cost(draw, *unlimited_);
        double best = never;
        for (std::size_t i = 0; i < model_.cells().size(); ++i)
            best = std::min(best, cost(draw, i));
        return best;
    }

    /// Cost of any setting in a draw; those between cells by the law.
    [[nodiscard]] double costOf(std::size_t draw, const Settings& settings) const {
        for (std::size_t i = 0; i < model_.cells().size(); ++i)
            if (model_.cells()[i].settings == settings) return cost(draw, i);
        return model_.lawDraws()[draw].logCost(static_cast<double>(*settings.gomemlimit));
    }

    [[nodiscard]] double heldOver(auto&& value) const {
        std::vector<double> values;
        values.reserve(model_.draws());
        for (std::size_t d = 0; d < model_.draws(); ++d) values.push_back(value(d));
        const auto at = static_cast<std::size_t>(static_cast<double>(values.size()) * held);
        std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(at));
        return values[at];
    }

    /// The smallest limit of a mode that misses the reference by no more than `allowed` in a draw.
    [[nodiscard]] double smallest(std::size_t draw, Mode mode, double allowed) const {
        const double most = mostCost(references_[draw], allowed);
        if (mode == Mode::gomemlimit && continuous_) {
            if (least_ == never) return never;
            const double needed =
                model_.lawDraws()[draw].gomemlimitFor(most) / *model_.gomemlimitShare();
            return std::max(needed, least_);
        }
        double found = never;
        constexpr double rounding = 1e-9;
        for (const auto i : allowed_) {
            const auto& settings = model_.cells()[i].settings;
            if (settings.mode == mode && cost(draw, i) <= most + rounding)
                found = std::min(found, settings.limit ? limitOf(settings) : atTheTop);
        }
        return found;
    }

    /// Stands for "no limit" among the limits: larger than any, and still finite.
    static constexpr double atTheTop = 1e30;

    /// The smallest limit of a mode whose expected shortfall (see `held`) is within the tolerance,
    /// as settings.
    [[nodiscard]] std::optional<Settings> expectedOf(Mode mode) const {
        if (mode == Mode::gomemlimit && continuous_) {
            const double needed =
                heldOver([&](std::size_t d) { return smallest(d, mode, aim_.tolerance); });
            return continuousAt(needed);
        }
        std::optional<Settings> found;
        for (const auto i : allowed_) {
            const auto& settings = model_.cells()[i].settings;
            if (settings.mode != mode) continue;
            const double missing =
                heldOver([&](std::size_t d) { return shortfall(cost(d, i), references_[d]); });
            constexpr double rounding = 1e-9;
            if (missing > aim_.tolerance + rounding) continue;
            if (!found || limitOf(settings) < limitOf(*found)) found = settings;
        }
        return found;
    }

    [[nodiscard]] std::optional<Settings> continuousAt(double needed) const {
        double largest = 0;
        for (const auto i : allowed_)
            if (model_.cells()[i].settings.mode == Mode::gomemlimit)
                largest = std::max(largest, limitOf(model_.cells()[i].settings));
        if (!(needed <= largest * (1 + 1e-9))) return std::nullopt;
        // A limit that was benched is taken as it is.
        for (const auto i : allowed_) {
            const auto& settings = model_.cells()[i].settings;
            constexpr double alike = 0.005;
            if (settings.mode == Mode::gomemlimit &&
                std::abs(limitOf(settings) - needed) <= alike * needed)
                return settings;
        }
        // Rounding up must not leave the range of limits that were benched.
        const auto limit =
            std::min(ceilToMiB(static_cast<Bytes>(std::ceil(needed))), static_cast<Bytes>(largest));
        for (const auto i : allowed_) {
            const auto& settings = model_.cells()[i].settings;
            if (settings.mode == Mode::gomemlimit && settings.limit == limit) return settings;
        }
        const auto gomemlimit =
            static_cast<Bytes>(std::floor(static_cast<double>(limit) * *model_.gomemlimitShare()));
        return gomemlimitSettings(limit, std::min(gomemlimit, limit));
    }

    [[nodiscard]] std::optional<Settings> expected() const {
        const auto plain = expectedOf(Mode::plain);
        const auto gomemlimit = expectedOf(Mode::gomemlimit);
        if (!plain || !gomemlimit) return plain ? plain : gomemlimit;
        // A MiB of rounding makes no other limit.
        if (limitOf(*gomemlimit) < limitOf(*plain) * (1 - 1e-9)) return gomemlimit;
        const auto twin = twinOf(limitOf(*plain));
        if (!twin) return plain;
        const double gain = -heldOver([&](std::size_t d) { return -gainOf(d, *plain, *twin); });
        return gain > gainWanted() ? twin : plain;
    }

    /// Throughput that GOMEMLIMIT has to add, as a share, to be set at a limit.
    [[nodiscard]] double gainWanted() const {
        constexpr double rounding = 1e-9;
        return aim_.gomemlimitIfNotWorse ? -rounding : aim_.tolerance + rounding;
    }

    /// Throughput that GOMEMLIMIT adds at a limit, as a share.
    [[nodiscard]] double gainOf(std::size_t draw, const Settings& plain,
                                const Settings& twin) const {
        return std::expm1(costOf(draw, plain) - costOf(draw, twin));
    }

    /// The setting with GOMEMLIMIT at a limit.
    [[nodiscard]] std::optional<Settings> twinOf(double limit) const {
        for (const auto i : allowed_) {
            const auto& settings = model_.cells()[i].settings;
            if (settings.mode == Mode::gomemlimit && limitOf(settings) == limit) return settings;
        }
        if (!continuous_ || limit == never || limit < least_) return std::nullopt;
        return continuousAt(limit);
    }

    [[nodiscard]] Right rightIn(std::size_t draw) const {
        const double plain = smallest(draw, Mode::plain, aim_.tolerance);
        const double gomemlimit = smallest(draw, Mode::gomemlimit, aim_.tolerance);
        if (gomemlimit < plain * (1 - 1e-9)) return {gomemlimit, true};
        Right right{plain, false};
        const auto twin = twinOf(plain);
        if (!twin) return right;
        for (const auto i : allowed_) {
            const auto& settings = model_.cells()[i].settings;
            if (settings.mode == Mode::plain && limitOf(settings) == plain)
                right.gomemlimit = gainOf(draw, settings, *twin) > gainWanted();
        }
        return right;
    }

    [[nodiscard]] bool isRight(std::size_t draw, const Settings& chosen) const {
        if (shortfall(costOf(draw, chosen), references_[draw]) > aim_.tolerance + slack)
            return false;
        const double strict = std::max(aim_.tolerance - slack, 0.0);
        const double enough =
            std::min(smallest(draw, Mode::plain, strict), smallest(draw, Mode::gomemlimit, strict));
        constexpr double tenth = 0.9;
        if (enough < limitOf(chosen) * tenth) return false;
        const bool withGomemlimit = chosen.mode == Mode::gomemlimit;
        if (withGomemlimit) {
            for (const auto i : allowed_) {
                const auto& settings = model_.cells()[i].settings;
                if (settings.mode != Mode::plain || settings.limit != chosen.limit) continue;
                const bool enoughPlain = shortfall(cost(draw, i), references_[draw]) <= strict;
                if (enoughPlain &&
                    gainOf(draw, settings, chosen) < (aim_.gomemlimitIfNotWorse ? -slack : strict))
                    return false;
            }
            return true;
        }
        const auto twin = twinOf(limitOf(chosen));
        return !twin || gainOf(draw, chosen, *twin) <= gainWanted() + slack;
    }

    [[nodiscard]] PriceOption option(const Settings& settings) const {
        PriceOption found{settings, std::nullopt, 0};
        for (std::size_t i = 0; i < model_.cells().size(); ++i)
            if (model_.cells()[i].settings == settings) found.cell = i;
        return found;
    }

    void judge(PriceChoice& choice) {
        const auto& chosen = choice.chosen.settings;
        std::vector<bool> right(model_.draws());
        std::vector<double> missing(model_.draws());
        std::size_t count = 0;
        for (std::size_t d = 0; d < model_.draws(); ++d) {
            right[d] = isRight(d, chosen);
            count += static_cast<std::size_t>(right[d]);
            missing[d] = shortfall(costOf(d, chosen), references_[d]);
        }
        const double share = static_cast<double>(count) / static_cast<double>(model_.draws());
        choice.probability = calibrated(share);
        std::size_t same = 0;
        for (std::size_t d = 0; d < model_.draws(); ++d) {
            const auto its = rightIn(d);
            const double order = chosen.limit ? limitOf(chosen) : atTheTop;
            constexpr double alike = 1.1;
            const bool alikeToo = its.gomemlimit == (chosen.mode == Mode::gomemlimit) &&
                                  its.limit <= order * alike && order <= its.limit * alike;
            same += static_cast<std::size_t>(alikeToo);
        }
        choice.sharpness = static_cast<double>(same) / static_cast<double>(model_.draws());
        choice.chosen.chance = choice.probability;
        choice.chosenCosts.reserve(model_.draws());
        for (std::size_t d = 0; d < model_.draws(); ++d)
            choice.chosenCosts.push_back(costOf(d, chosen));
        choice.shortfall = median(missing).value_or(0);
        choice.shortfallLow = quantile(missing, 0.025).value_or(0);
        choice.shortfallHigh = quantile(missing, 0.975).value_or(0);
        choice.rival = rivalOf(chosen, right);
        if (choice.rival) choice.rival->chance *= (1 - choice.probability) / (1 - share);
        teach(choice, missing);
    }

    /// What is right where the choice is not: most often, in mode and at its median limit.
    [[nodiscard]] std::optional<PriceOption> rivalOf(const Settings& chosen,
                                                     const std::vector<bool>& right) const {
        std::vector<double> withGomemlimit;
        std::vector<double> plain;
        for (std::size_t d = 0; d < model_.draws(); ++d) {
            if (right[d]) continue;
            const auto its = rightIn(d);
            if (its.limit == never) continue;
            (its.gomemlimit ? withGomemlimit : plain).push_back(its.limit);
        }
        const bool gomemlimit = withGomemlimit.size() > plain.size();
        auto& limits = gomemlimit ? withGomemlimit : plain;
        if (limits.empty()) return std::nullopt;
        std::ranges::nth_element(limits,
                                 limits.begin() + static_cast<std::ptrdiff_t>(limits.size() / 2));
        const double limit = limits[limits.size() / 2];
        std::optional<Settings> settings;
        if (gomemlimit) {
            settings = twinOf(limit);
            if (!settings && continuous_) settings = continuousAt(limit);
        } else {
            for (const auto i : allowed_) {
                const auto& its = model_.cells()[i].settings;
                const double order = its.limit ? limitOf(its) : atTheTop;
                if (its.mode == Mode::plain && order == limit) settings = its;
            }
        }
        if (!settings || *settings == chosen) return std::nullopt;
        auto found = option(*settings);
        found.chance = static_cast<double>(limits.size()) / static_cast<double>(model_.draws());
        return found;
    }

    /// Cells by what one more run of them tells: pairs whose difference goes with the shortfall of
    /// the choice, and with that of its rival.
    void teach(PriceChoice& choice, const std::vector<double>& missing) const {
        std::vector<std::vector<double>> margins{missing};
        if (choice.rival) {
            auto& margin = margins.emplace_back();
            for (std::size_t d = 0; d < model_.draws(); ++d)
                margin.push_back(shortfall(costOf(d, choice.rival->settings), references_[d]));
        }
        for (const auto& margin : margins)
            for (const auto cell : bestPair(margin))
                if (std::ranges::find(choice.teach, cell) == choice.teach.end())
                    choice.teach.push_back(cell);
    }

    [[nodiscard]] std::vector<std::size_t> bestPair(const std::vector<double>& margin) const {
        const auto count = static_cast<double>(model_.draws());
        const auto n = model_.cells().size();
        double mean = 0;
        for (const double value : margin) mean += value / count;
        double most = 0;
        std::vector<std::size_t> best;
        for (std::size_t a = 0; a < n; ++a)
            for (std::size_t b = 0; b < a; ++b) {
                double apart = 0;
                double square = 0;
                double together = 0;
                for (std::size_t d = 0; d < model_.draws(); ++d) {
                    const double difference = cost(d, a) - cost(d, b);
                    apart += difference / count;
                    square += difference * difference / count;
                    together += difference * (margin[d] - mean) / count;
                }
                const double variance = square - (apart * apart);
                const double taught =
                    together * together / (variance + (2 * model_.noise() * model_.noise()));
                if (taught > most) {
                    most = taught;
                    best = {a, b};
                }
            }
        return best;
    }

    const PriceModel& model_;
    const PriceAim& aim_;
    std::vector<std::size_t> allowed_;
    std::optional<std::size_t> unlimited_;
    double least_ = never;  ///< smallest limit with GOMEMLIMIT
    bool continuous_ = false;
    std::vector<double> references_;
};

}  // namespace

std::optional<PriceChoice> chooseByPrice(const PriceModel& model, const PriceAim& aim) {
    return Chooser(model, aim).choose();
}

}  // namespace memfit
