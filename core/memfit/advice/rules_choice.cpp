#include <fmt/format.h>

#include "memfit/advice/judgement.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

bool measuredSpeed(const Candidate* cell) {
    return cell != nullptr && cell->speed.has_value();
}

std::optional<RuleFinding> limitOptional(const Judgement& j) {
    if (j.advised.limit) return std::nullopt;
    if (j.options.policy == Policy::noLimit || j.basis != Basis::measured)
        return RuleFinding{
            {"limit-optional",
             "A memory limit is optional; without one GOMEMLIMIT and GOGC are best left "
             "alone, since Go finds a low amount of memory by itself",
             {}}};
    return std::nullopt;
}

std::optional<RuleFinding> noLimitFits(const Judgement& j) {
    const auto* chosen = j.chosen();
    if (j.advised.limit || j.options.policy == Policy::noLimit || !measuredSpeed(chosen))
        return std::nullopt;
    const Candidate* limited = nullptr;
    for (const auto& cell : j.candidates.cells)
        if (cell.settings.limit &&
            (limited == nullptr || cell.speed->median > limited->speed->median))
            limited = &cell;
    const auto unit = j.candidates.unit;
    auto text = fmt::format(
        "No limit that was tried keeps up with the unlimited run, {}; without a limit GOMEMLIMIT "
        "and GOGC are best left alone",
        speedText(chosen->speed->median, unit));
    std::vector<Evidence> evidence{{speedName("unlimited", unit), chosen->speed->median}};
    if (limited != nullptr) {
        text += fmt::format("; the fastest limited one was {}, {}", settingsText(limited->settings),
                            speedText(limited->speed->median, unit));
        evidence.emplace_back("limitBytes", *limited->settings.limit);
        evidence.emplace_back(speedName("limited", unit), limited->speed->median);
    }
    evidence.push_back(fromCells({chosen, limited}));
    return RuleFinding{{"no-limit-fits", std::move(text), std::move(evidence)}};
}

/// The largest limit below the chosen one, in whichever mode was faster there.
const Candidate* nextSmaller(const Judgement& j) {
    const auto* chosen = j.chosen();
    const Candidate* found = nullptr;
    for (const auto& cell : j.candidates.cells) {
        if (!cell.settings.limit || !cell.speed) continue;
        if (chosen->settings.limit && *cell.settings.limit >= *chosen->settings.limit) continue;
        const bool larger = found == nullptr || *cell.settings.limit > *found->settings.limit;
        const bool faster = found != nullptr && cell.settings.limit == found->settings.limit &&
                            cell.speed->median > found->speed->median;
        if (larger || faster) found = &cell;
    }
    return found;
}

std::string heldAgainst(const Judgement& j) {
    const auto* best = j.best();
    const auto unit = j.candidates.unit;
    const double chosenSpeed = j.chosen()->speed->median;
    const bool unlimited = j.options.policy == Policy::lean && j.candidates.unlimitedSpeed;
    if (unlimited && chosenSpeed >= *j.choice->reference)
        return fmt::format("no slower than the unlimited run, {}",
                           speedText(*j.choice->reference, unit));
    if (unlimited)
        return fmt::format("within {} of the unlimited run, {}", percentText(j.options.tolerance),
                           speedText(*j.choice->reference, unit));
    if (best == j.chosen()) return "the fastest of all";
    const auto other = fmt::format("the best, {} at {}", speedText(best->speed->median, unit),
                                   settingsText(best->settings));
    if (j.options.policy == Policy::fast && j.model)
        return fmt::format("within {} of {}", percentText(fastTolerance), other);
    if (j.options.policy == Policy::fast) return "not significantly worse than " + other;
    return fmt::format("within {} of {}", percentText(j.options.tolerance), other);
}

std::optional<RuleFinding> smallestThatFits(const Judgement& j) {
    const auto* chosen = j.chosen();
    if (!j.advised.limit || !measuredSpeed(chosen) || !chosen->settings.limit) return std::nullopt;
    const auto unit = j.candidates.unit;
    auto text = fmt::format("{} {} {}, {}", settingsText(chosen->settings),
                            chosen->foreseen ? "is expected to give" : "gave",
                            speedText(chosen->speed->median, unit), heldAgainst(j));
    std::vector<Evidence> evidence{{"limitBytes", *chosen->settings.limit},
                                   {speedName("", unit), chosen->speed->median},
                                   {speedName("reference", unit), *j.choice->reference}};
    const auto* smaller = nextSmaller(j);
    if (smaller != nullptr) {
        text +=
            fmt::format("; the next smaller limit, {}, gave {}", settingsText(smaller->settings),
                        speedText(smaller->speed->median, unit));
        evidence.emplace_back("smallerLimitBytes", *smaller->settings.limit);
        evidence.emplace_back(speedName("smaller", unit), smaller->speed->median);
    }
    evidence.push_back(fromCells({chosen, j.best(), smaller}));
    const auto* code =
        j.options.policy == Policy::fast ? "smallest-not-worse" : "smallest-within-tolerance";
    return RuleFinding{{code, std::move(text), std::move(evidence)}};
}

std::optional<RuleFinding> smallestSurvived(const Judgement& j) {
    const auto* chosen = j.chosen();
    if (!j.advised.limit || chosen == nullptr || chosen->speed) return std::nullopt;
    return RuleFinding{{"smallest-survived",
                        fmt::format("{} is the smallest limit at which every run survived; the "
                                    "speed of the runs is not known, so it did not count",
                                    settingsText(chosen->settings)),
                        {{"limitBytes", *chosen->settings.limit}, fromCells({chosen})}},
                       Confidence::low};
}

std::optional<RuleFinding> squeezeMinimum(const Judgement& j) {
    if (j.basis != Basis::measured || j.choice || !j.advised.limit || j.edgeSource == nullptr ||
        !j.edgeSource->minimum)
        return std::nullopt;
    Reason reason{"squeeze-only",
                  fmt::format("{} is the smallest limit that the squeeze found to hold; what more "
                              "memory or GOMEMLIMIT would buy was not measured, so GOMEMLIMIT "
                              "stays unset until a bench says that it pays",
                              formatQuantity(*j.edgeSource->minimum)),
                  {{"minimumBytes", *j.edgeSource->minimum}}};
    addSources(reason, allTrials(j, *j.edgeSource));
    return RuleFinding{std::move(reason), Confidence::medium};
}

std::optional<RuleFinding> requestEqualsLimit(const Judgement& j) {
    if (!j.advised.limit || j.header.target.type == "process") return std::nullopt;
    return RuleFinding{
        {"request-equals-limit",
         "The request equals the limit, so that the node sets aside what the limit "
         "allows; that guarantee holds only if the other pods on the node keep it too",
         {{"limitBytes", *j.advised.limit}}}};
}

struct Why {
    std::string clause;
    std::string from;
};

/// Why plain does not fit at this limit; nullopt when no run shows that.
std::optional<Why> whyNotPlain(const Judgement& j, const std::optional<Bytes>& limit) {
    const auto isPlainThere = [&](const Settings& settings) {
        return settings.limit == limit && settings.mode == Mode::plain;
    };
    for (const auto& out : j.candidates.out)
        if (out.ran && isPlainThere(out.settings))
            return Why{out.why, cellSource(out.label, Mode::plain)};
    for (const auto* squeeze : j.squeezes)
        for (std::size_t i = 0; i < squeeze->trials.size(); ++i) {
            const auto& trial = squeeze->trials[i];
            if (isPlainThere(trial.settings) && isTooSmall(trial.outcome))
                return Why{
                    fmt::format("a squeeze's trial did not fit ({})", toString(trial.outcome)),
                    trialSource(j, *squeeze, i)};
        }
    return std::nullopt;
}

/// The advice has GOMEMLIMIT, and no plain cell at its limit is in the choice.
RuleFinding withoutPlainTwin(const Judgement& j, const Candidate& chosen) {
    const auto limit = limitText(chosen.settings.limit);
    auto from = fromCells({&chosen});
    if (auto why = whyNotPlain(j, chosen.settings.limit)) {
        std::get<std::vector<std::string>>(from.second).push_back(std::move(why->from));
        return {{"gomemlimit-only",
                 fmt::format("At {} only the runs with GOMEMLIMIT fit; without it {}", limit,
                             why->clause),
                 {{"limitBytes", *chosen.settings.limit}, std::move(from)}}};
    }
    return {{"gomemlimit-untested-plain",
             fmt::format("At {} plain was not run in the bench, only GOMEMLIMIT with GOGC=off, so "
                         "it is not known whether that pays there",
                         limit),
             {{"limitBytes", *chosen.settings.limit}, std::move(from)}}};
}

struct Claim {
    const char* code;
    const char* clause;
};

/// What can be said for GOMEMLIMIT where both modes survived.
Claim gomemlimitClaim(const Judgement& j, const Candidate& plain, double ratio) {
    if (ratio > 1 + j.options.tolerance)
        return {"gomemlimit-pays", "GOMEMLIMIT with GOGC=off pays"};
    if (!isFastEnough(j.candidates, *j.choice, plain, j.options.policy, j.options.tolerance))
        return {"gomemlimit-only",
                "Plain survives too, but only GOMEMLIMIT with GOGC=off is fast enough"};
    return {"gomemlimit-not-worse", "GOMEMLIMIT with GOGC=off is not worse"};
}

std::optional<RuleFinding> gomemlimitPays(const Judgement& j) {
    const auto* chosen = j.chosen();
    const auto* twin = j.twin();
    if (chosen == nullptr || !j.advised.limit || chosen->settings.mode != Mode::gomemlimit)
        return std::nullopt;
    if (twin == nullptr) return withoutPlainTwin(j, *chosen);
    if (!measuredSpeed(chosen) || !measuredSpeed(twin)) return std::nullopt;
    const auto unit = j.candidates.unit;
    const double ratio = chosen->speed->median / twin->speed->median;
    const auto said = gomemlimitClaim(j, *twin, ratio);
    return RuleFinding{
        {said.code,
         fmt::format("{} at {}: {} against {} without", said.clause,
                     limitText(chosen->settings.limit), speedText(chosen->speed->median, unit),
                     speedText(twin->speed->median, unit)),
         {{"limitBytes", *chosen->settings.limit},
          {speedName("gomemlimit", unit), chosen->speed->median},
          {speedName("plain", unit), twin->speed->median},
          {"ratio", ratio},
          fromCells({chosen, twin})}}};
}

std::optional<RuleFinding> gomemlimitDoesNotPay(const Judgement& j) {
    const auto* chosen = j.chosen();
    const auto* twin = j.twin();
    const bool applies = measuredSpeed(chosen) && measuredSpeed(twin) && j.advised.limit &&
                         chosen->settings.mode == Mode::plain;
    if (!applies) return std::nullopt;
    const double ratio = twin->speed->median / chosen->speed->median;
    const auto unit = j.candidates.unit;
    return RuleFinding{
        {"gomemlimit-does-not-pay",
         fmt::format("GOMEMLIMIT with GOGC=off does not pay at {}: {} against {} "
                     "without, so it stays unset",
                     limitText(chosen->settings.limit), speedText(twin->speed->median, unit),
                     speedText(chosen->speed->median, unit)),
         {{"limitBytes", *chosen->settings.limit},
          {speedName("gomemlimit", unit), twin->speed->median},
          {speedName("plain", unit), chosen->speed->median},
          {"ratio", ratio},
          fromCells({twin, chosen})}}};
}

std::optional<RuleFinding> noDifference(const Judgement& j) {
    const auto* chosen = j.chosen();
    const auto* best = j.best();
    const bool applies = chosen != nullptr && best != nullptr && chosen != best &&
                         j.options.policy != Policy::noLimit && chosen->enoughRuns() &&
                         best->enoughRuns();
    if (!applies) return std::nullopt;
    const auto found = difference(j.candidates, *chosen, *best);
    if (!found || found->significant || !found->tested()) return std::nullopt;
    return RuleFinding{{"no-difference",
                        fmt::format("Between {} and the fastest, {}, the runs show no significant "
                                    "difference (ratio {:.2f}, 95 % interval {:.2f} to {:.2f})",
                                    settingsText(chosen->settings), settingsText(best->settings),
                                    found->ratio, found->low, found->high),
                        {{"ratio", found->ratio},
                         {"low", found->low},
                         {"high", found->high},
                         {"pValue", found->pValue},
                         {"test", found->test},
                         fromCells({chosen, best})}}};
}

}  // namespace

std::vector<Rule> choiceRules() {
    return {limitOptional,        noLimitFits,    smallestThatFits,
            smallestSurvived,     squeezeMinimum, gomemlimitPays,
            gomemlimitDoesNotPay, noDifference,   requestEqualsLimit};
}

}  // namespace memfit
