#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "memfit/advice/judgement.h"
#include "memfit/bench/law_fit.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

/// About how many more loads bring the chance to `wanted`: its margin over its uncertainty grows
/// with the root of the loads. nullopt: the loads so far tell too little to say.
std::optional<int> moreLoads(double chance, double wanted, std::size_t loads) {
    const boost::math::normal normal;
    constexpr double least = 0.55;
    if (chance < least || chance >= wanted) return std::nullopt;
    const double ratio =
        boost::math::quantile(normal, wanted) / boost::math::quantile(normal, chance);
    return static_cast<int>(std::ceil(static_cast<double>(loads) * ((ratio * ratio) - 1)));
}

std::size_t loadsOf(const Judgement& j) {
    std::size_t loads = 0;
    for (const auto& cell : j.model->cells()) loads += cell.runs.size();
    return loads;
}

/// The tolerance that the policy asks for.
double toleranceOf(const Judgement& j) {
    return j.options.policy == Policy::fast ? fastTolerance : j.options.tolerance;
}

/// Figures are for a request; where the load tool does not count them, for the whole load.
const char* onceText(const Judgement& j) {
    const bool counted = std::ranges::any_of(j.model->cells(), [](const PriceCell& cell) {
        return std::ranges::any_of(cell.runs,
                                   [](const PriceRun& run) { return run.requests.has_value(); });
    });
    return counted ? "request" : "load";
}

/// `5.68 ms of CPU a request instead of 4.67`, in a unit that suits both.
std::string cpuText(double seconds, double other, const char* once) {
    const double most = std::max(seconds, other);
    const char* unit = most >= 1 ? "s" : most >= 1e-3 ? "ms" : "µs";
    const double scale = most >= 1 ? 1 : most >= 1e-3 ? 1e3 : 1e6;
    const auto figure = [&](double value) {
        constexpr double digits = 1000;
        return value * scale < digits ? fmt::format("{:.3g}", value * scale)
                                      : fmt::format("{:.0f}", value * scale);
    };
    return fmt::format("{} {} of CPU a {} instead of {}", figure(seconds), unit, once,
                       figure(other));
}

std::optional<RuleFinding> chance(const Judgement& j) {
    if (!j.price || !j.advised.limit) return std::nullopt;
    const auto& price = *j.price;
    auto text = fmt::format(
        "The chance that this is right within the tolerance is {}, from {} loads: throughput at "
        "most {} below the best, and no more memory than that needs",
        chanceText(price.probability), loadsOf(j), percentText(toleranceOf(j) + slack));
    if (j.options.policy == Policy::lean && j.candidates.unlimitedSpeed)
        text.replace(text.find("the best"), 8, "the unlimited run");
    std::vector<Evidence> evidence{{"probability", price.probability},
                                   {"loads", static_cast<std::int64_t>(loadsOf(j))},
                                   {"shortfall", price.shortfall},
                                   {"shortfallLow", price.shortfallLow},
                                   {"shortfallHigh", price.shortfallHigh}};
    constexpr double worthNaming = 0.02;
    if (price.rival && price.rival->chance >= worthNaming) {
        text +=
            fmt::format("; if it is not, {} most likely is", settingsText(price.rival->settings));
        evidence.emplace_back("rival", settingsText(price.rival->settings));
    }
    constexpr double medium = 0.7;
    const double wanted = price.probability < medium ? medium : settledAt;
    if (const auto more = moreLoads(price.probability, wanted, loadsOf(j))) {
        text += fmt::format("; about {} more load{} would bring it to {}", *more,
                            *more == 1 ? "" : "s", chanceText(wanted));
        evidence.emplace_back("moreLoads", std::int64_t{*more});
    }
    const auto atMost = price.probability >= settledAt ? Confidence::high
                        : price.probability >= medium  ? Confidence::medium
                                                       : Confidence::low;
    return RuleFinding{{"chance", std::move(text), std::move(evidence)}, atMost};
}

std::optional<RuleFinding> lawHolds(const Judgement& j) {
    if (!j.price || j.model->law() != LawState::holds || !j.advised.limit) return std::nullopt;
    const auto& draws = j.model->lawDraws();
    std::vector<double> fixed;
    std::vector<double> added;
    for (const auto& draw : draws) {
        fixed.push_back(draw.fixed);
        added.push_back(draw.price * draw.plainCollections);
    }
    const double middle = median(fixed).value_or(0);
    const double allocated = draws.front().allocated;
    auto text = fmt::format(
        "Collections follow the law of Go's collector: a {} allocates {}, and all of GOMEMLIMIT "
        "but "
        "{} is room for that",
        onceText(j), formatMiB(static_cast<Bytes>(allocated)),
        formatMiB(static_cast<Bytes>(middle)));
    if (const double plain = median(added).value_or(0); plain > 0)
        text += fmt::format("; without GOMEMLIMIT collections make up {} of the cost of a {}",
                            percentText(plain / (1 + plain)), onceText(j));
    std::vector<Evidence> evidence{{"allocatedBytesPerRequest", allocated},
                                   {"fixedBytes", middle},
                                   {"fixedBytesLow", quantile(fixed, 0.025).value_or(0)},
                                   {"fixedBytesHigh", quantile(fixed, 0.975).value_or(0)},
                                   {"collectionCostPlain", median(added).value_or(0)}};
    std::vector<double> firstUse;
    for (const auto& draw : draws) firstUse.push_back(draw.firstUse);
    const double unit = j.model->cpuSeconds(0).value_or(0) * static_cast<double>(MiB);
    constexpr double noMatter = 1e-4;
    if (const double seconds = median(firstUse).value_or(0) * unit; seconds > noMatter) {
        text += fmt::format(
            "; the first use of memory takes {:.1f} ms of CPU a MiB, which does not count, since a "
            "running program pays it only once",
            seconds * 1e3);
        evidence.emplace_back("firstUseCpuSecondsPerMiB", seconds);
    }
    return RuleFinding{{"law-holds", std::move(text), std::move(evidence)}};
}

std::optional<RuleFinding> lawDoesNot(const Judgement& j) {
    if (!j.price || j.model->law() == LawState::holds || !j.advised.limit) return std::nullopt;
    const bool withGomemlimit = std::ranges::any_of(j.model->cells(), [](const PriceCell& cell) {
        return cell.settings.mode == Mode::gomemlimit;
    });
    if (!withGomemlimit) return std::nullopt;
    const char* why =
        "it is not known for every cell how often it collected and how much it allocated";
    if (j.model->law() == LawState::collectionsOff)
        why = "collections do not fall with GOMEMLIMIT as the law of Go's collector says";
    if (j.model->law() == LawState::costOff)
        why = "the cost of a request does not follow its collections";
    return RuleFinding{{"law-not-used",
                        fmt::format("Only limits that were benched could be chosen, since {}", why),
                        {}}};
}

std::optional<RuleFinding> figureUsed(const Judgement& j) {
    if (!j.price) return std::nullopt;
    if (j.model->figure() == CostFigure::cpu)
        return RuleFinding{
            {"cpu-decides",
             "By the clock all settings are equally fast (the load has a fixed rate, or waits for "
             "something else), so the CPU time of a request decided",
             {}}};
    const bool cpuKnown = std::ranges::all_of(j.model->cells(), [](const PriceCell& cell) {
        return std::ranges::any_of(cell.runs,
                                   [](const PriceRun& run) { return run.cpuSeconds.has_value(); });
    });
    if (j.model->figure() == CostFigure::both) return std::nullopt;
    return RuleFinding{
        {"clock-decides",
         cpuKnown ? "CPU time does not explain how fast the settings are, so throughput by the "
                    "clock decided"
                  : "The CPU time of the program is not known, so throughput by the clock decided, "
                    "which scatters more",
         {}}};
}

/// A size that can be less.
std::string sizeDifference(Bytes more) {
    return fmt::format("{} {}", formatMiB(more < 0 ? -more : more), more < 0 ? "less" : "more");
}

std::optional<RuleFinding> whatItBuys(const Judgement& j) {
    const auto* chosen = j.chosen();
    if (!j.price || chosen == nullptr || !chosen->settings.limit) return std::nullopt;
    // Against the least that holds without GOMEMLIMIT; where that is what is advised, against all
    // that memory can buy.
    std::optional<std::size_t> other;
    const auto& cells = j.model->cells();
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto& settings = cells[i].settings;
        if (settings.mode != Mode::plain || !settings.limit || settings == chosen->settings)
            continue;
        if (!other || *settings.limit < *cells[*other].settings.limit) other = i;
    }
    const bool isLeast = chosen->settings.mode == Mode::plain;
    if (isLeast) other = j.choice->best;
    if (!other || *other >= cells.size() || cells[*other].settings == chosen->settings)
        return std::nullopt;
    const auto& against = cells[*other].settings;
    const auto cost = [&](double logCost) { return j.model->cpuSeconds(logCost); };
    // Only differences within a draw mean something.
    std::vector<double> more;
    for (std::size_t d = 0; d < j.model->draws(); ++d)
        more.push_back(j.model->logCost(d, *other) - j.price->chosenCosts[d]);
    const double difference = median(more).value_or(0);
    constexpr double worthSaying = 0.005;
    if (std::abs(difference) < worthSaying) return std::nullopt;
    const double ownCost = median(j.price->chosenCosts).value_or(0);
    const double itsCost = ownCost + difference;
    const auto seconds = cost(ownCost);
    const auto otherSeconds = cost(itsCost);
    if (!seconds || !otherSeconds || !chosen->speed || !against.limit) return std::nullopt;
    auto text = fmt::format("{}: {} at {}", settingsText(chosen->settings),
                            cpuText(*seconds, *otherSeconds, onceText(j)), settingsText(against));
    std::vector<Evidence> evidence{{"cpuPerRequestSeconds", *seconds},
                                   {"otherCpuPerRequestSeconds", *otherSeconds},
                                   {"otherLimitBytes", *against.limit}};
    if (j.candidates.unit == SpeedUnit::requestsPerSecond) {
        const double rate = chosen->speed->median;
        const double cores = (*otherSeconds - *seconds) * rate;
        const auto memory = *chosen->settings.limit - *against.limit;
        text += fmt::format("; at {} that is {:.2f} cores {} for {}",
                            speedText(rate, j.candidates.unit), std::abs(cores),
                            cores < 0 ? "more" : "less", sizeDifference(memory));
        evidence.emplace_back("requestsPerSecond", rate);
        evidence.emplace_back("coresSaved", cores);
        evidence.emplace_back("moreBytes", memory);
    }
    return RuleFinding{{"what-it-buys", std::move(text), std::move(evidence)}};
}

std::optional<RuleFinding> foreseen(const Judgement& j) {
    const auto* chosen = j.chosen();
    if (chosen == nullptr || !chosen->foreseen) return std::nullopt;
    return RuleFinding{
        {"limit-not-tried",
         fmt::format("{} lies between limits that were benched; the law says what it costs, but "
                     "this limit itself was not run, which lowers confidence",
                     settingsText(chosen->settings)),
         {{"limitBytes", *chosen->settings.limit}}},
        Confidence::medium};
}

}  // namespace

std::vector<Rule> modelRules() {
    return {chance, whatItBuys, lawHolds, lawDoesNot, figureUsed, foreseen};
}

}  // namespace memfit
