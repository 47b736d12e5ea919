#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "memfit/advice/judgement.h"
#include "memfit/settings/go_settings.h"
#include "memfit/units/bytes.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

/// Something that survived, below what is advised.
struct Survivor {
    Settings settings;
    double speed = 0;
    std::string from;
};

std::vector<Survivor> survivors(const Judgement& j) {
    std::vector<Survivor> found;
    for (const auto& cell : j.candidates.cells)
        if (cell.settings.limit && cell.speed)
            found.push_back(
                {cell.settings, cell.speed->median, cellSource(cell.label, cell.settings.mode)});
    for (const auto* squeeze : j.squeezes)
        for (std::size_t i = 0; i < squeeze->trials.size(); ++i) {
            const auto& trial = squeeze->trials[i];
            const bool alive =
                trial.outcome == Outcome::survived || trial.outcome == Outcome::belowFloor;
            if (!alive || !trial.settings.limit || !trial.load) continue;
            if (const auto speed = speedOf(*trial.load, j.candidates.unit))
                found.push_back({trial.settings, *speed, trialSource(j, *squeeze, i)});
        }
    return found;
}

/// `a third of it`, for people who do not divide in their heads.
std::string shareText(double share) {
    struct Word {
        double share;
        const char* word;
    };
    constexpr Word words[] = {{1.0 / 2, "half"},
                              {1.0 / 3, "a third"},
                              {1.0 / 4, "a quarter"},
                              {2.0 / 3, "two thirds"},
                              {3.0 / 4, "three quarters"}};
    for (const auto& [value, word] : words)
        if (std::abs(share - value) < 0.025) return fmt::format("about {} of it", word);
    // Whole percents are enough, except for a share so small that they would say little or nothing.
    constexpr double small = 0.1;
    return percentText(share < small ? share : std::round(share * 100) / 100) + " of it";
}

/// Slower than this share of full speed is starving, whatever the tolerance: a service that is
/// merely a little slower near its edge is not what the rule is about.
constexpr double starving = 0.8;

std::optional<RuleFinding> survivingIsNotFitting(const Judgement& j) {
    const auto full = j.fullSpeed();
    if (!full) return std::nullopt;
    const double bound = *full * std::min(starving, 1 - j.options.tolerance);
    std::optional<Survivor> named;
    for (const auto& survivor : survivors(j)) {
        const bool starved = survivor.speed < bound;
        const bool smaller = !j.advised.limit || *survivor.settings.limit < *j.advised.limit;
        if (!starved || !smaller) continue;
        const bool worse = named && *survivor.settings.limit == *named->settings.limit &&
                           survivor.speed < named->speed;
        if (!named || *survivor.settings.limit > *named->settings.limit || worse) named = survivor;
    }
    if (!named) return std::nullopt;
    const auto unit = j.candidates.unit;
    const double share = named->speed / *full;
    return RuleFinding{{"surviving-is-not-fitting",
                        fmt::format("{} survived the load, but that is not enough: {} against "
                                    "{} at full speed, {}",
                                    settingsText(named->settings), speedText(named->speed, unit),
                                    speedText(*full, unit), shareText(share)),
                        {{"limitBytes", *named->settings.limit},
                         {speedName("", unit), named->speed},
                         {speedName("full", unit), *full},
                         {"share", share},
                         {"from", std::vector<std::string>{named->from}}}}};
}

std::optional<RuleFinding> edge(const Judgement& j) {
    if (j.edgeSource == nullptr) return std::nullopt;
    const auto& edge = j.edgeSource->edge;
    if (!edge.estimate && !(edge.low && edge.high)) return std::nullopt;
    std::string text;
    std::vector<Evidence> evidence;
    if (edge.estimate) {
        text = fmt::format("Half of the loads are OOM-killed at {}", formatMiB(*edge.estimate));
        evidence.emplace_back("estimateBytes", *edge.estimate);
        if (edge.low && edge.high)
            text +=
                fmt::format(" ({} interval {} to {})", percentText(edge.confidence.value_or(0.95)),
                            formatMiB(*edge.low), formatMiB(*edge.high));
    } else {
        text = fmt::format("The OOM edge lies between {} and {}", formatMiB(*edge.low),
                           formatMiB(*edge.high));
    }
    if (edge.low) evidence.emplace_back("lowBytes", *edge.low);
    if (edge.high) evidence.emplace_back("highBytes", *edge.high);
    if (j.edgeSource->minimum && j.edgeSource->riskAtMinimum) {
        text += fmt::format("; at {} the model's risk that one load is killed is {}",
                            formatQuantity(*j.edgeSource->minimum),
                            percentText(*j.edgeSource->riskAtMinimum));
        evidence.emplace_back("riskAtMinimum", *j.edgeSource->riskAtMinimum);
    }
    Reason reason{"edge", std::move(text), std::move(evidence)};
    addSources(reason, allTrials(j, *j.edgeSource));
    return RuleFinding{std::move(reason)};
}

std::optional<RuleFinding> headroomUnderGomemlimit(const Judgement& j) {
    if (!j.advised.limit || j.advised.gomemlimit.kind == GomemlimitAdvice::Kind::unset ||
        !parseGogc(j.advised.gogc.value_or("")).off)
        return std::nullopt;
    const auto run = j.confirmed();
    return RuleFinding{gomemlimitHeadroom(run),
                       run.tally.loads < 3 ? Confidence::medium : Confidence::high};
}

std::optional<RuleFinding> alertsOnUsage(const Judgement& j) {
    auto reason = usageNearLimit(j.advised);
    if (!reason) return std::nullopt;
    return RuleFinding{*std::move(reason)};
}

std::optional<RuleFinding> headroomAboveEdge(const Judgement& j) {
    const bool plain =
        j.advised.limit && j.advised.gomemlimit.kind == GomemlimitAdvice::Kind::unset;
    if (!plain || j.edgeSource == nullptr) return std::nullopt;
    const auto& bounds = j.edgeSource->edge;
    const auto edge = bounds.estimate ? bounds.estimate : bounds.high;
    if (!edge || *edge <= 0 || *edge >= *j.advised.limit) return std::nullopt;
    return RuleFinding{plainHeadroom(*j.advised.limit, *edge, allTrials(j, *j.edgeSource))};
}

std::optional<RuleFinding> outsideGo(const Judgement& j) {
    const auto* chosen = j.chosen();
    if (chosen == nullptr) return std::nullopt;
    std::vector<double> outside;
    for (const auto& run : chosen->measured) {
        if (!run.usage || !run.usage->demand || !run.memory || !run.memory->goMapped()) continue;
        outside.push_back(static_cast<double>(*run.usage->demand - *run.memory->goMapped()));
    }
    const auto typical = median(outside);
    // Parts of Sys need not be resident: a negative difference says nothing.
    if (!typical || *typical < 1) return std::nullopt;
    const auto bytes = static_cast<Bytes>(std::min(*typical, 9e18));
    return RuleFinding{{"outside-go",
                        fmt::format("About {} of the memory in use is outside what Go counts, and "
                                    "GOMEMLIMIT does not bound it",
                                    formatMiB(bytes)),
                        {{"outsideBytes", bytes}, fromCells({chosen})}}};
}

std::optional<RuleFinding> liveUsage(const Judgement& j) {
    const auto& seen = j.options.liveUsage;
    if (!seen || !j.advised.limit || j.beforeLiveUsage) return std::nullopt;
    return RuleFinding{liveUsageReason(*seen, *j.advised.limit, podInUse(j))};
}

/// The measurements would have given a limit at which a live pod was OOM-killed.
RuleFinding killedWhereLoadIsNot(const Judgement& j, Bytes killedAt) {
    Reason reason{
        "load-not-representative",
        fmt::format("Live instances were OOM-killed at {}, but the measured load needs only {}, so "
                    "the load is not like production; the limit is kept above that",
                    formatQuantity(killedAt), limitText(j.beforeLiveUsage)),
        {{"oomKilledLimitBytes", killedAt},
         {"measuredLimitBytes", *j.beforeLiveUsage},
         {"limitBytes", *j.advised.limit}}};
    std::vector<std::string> from;
    for (const auto& pod : j.options.live->pods)
        if (pod.oomKilled && pod.settings.limit == killedAt) from.push_back(podSource(pod));
    addSources(reason, std::move(from));
    return {std::move(reason), Confidence::low};
}

std::optional<RuleFinding> loadNotRepresentative(const Judgement& j) {
    if (!j.beforeLiveUsage || !j.advised.limit) return std::nullopt;
    const auto killedAt = j.options.live ? oomKilledAt(*j.options.live) : std::nullopt;
    if (killedAt && *killedAt >= j.options.liveUsage.value_or(0))
        return killedWhereLoadIsNot(j, *killedAt);
    if (!j.options.liveUsage) return std::nullopt;
    Reason reason{
        "load-not-representative",
        fmt::format("Live instances were seen to use {}, more than the {} that the measured load "
                    "needs, so the load is not like production; the limit is kept above live usage",
                    formatMiB(*j.options.liveUsage), limitText(j.beforeLiveUsage)),
        {{"liveUsageBytes", *j.options.liveUsage},
         {"measuredLimitBytes", *j.beforeLiveUsage},
         {"limitBytes", *j.advised.limit}}};
    addSources(reason, podInUse(j));
    return RuleFinding{std::move(reason), Confidence::low};
}

std::optional<RuleFinding> ruledOut(const Judgement& j) {
    const auto& out = j.candidates.out;
    if (!j.choice || out.empty()) return std::nullopt;
    std::string text = "Ruled out";
    constexpr std::size_t shown = 5;
    for (std::size_t i = 0; i < std::min(out.size(), shown); ++i)
        text +=
            fmt::format("{} {}: {}", i == 0 ? ":" : ";", settingsText(out[i].settings), out[i].why);
    if (out.size() > shown) text += fmt::format("; and {} more", out.size() - shown);
    std::vector<std::string> from;
    for (const auto& cell : out) from.push_back(cellSource(cell.label, cell.settings.mode));
    return RuleFinding{
        {"ruled-out",
         std::move(text),
         {{"cells", static_cast<std::int64_t>(out.size())}, {"from", std::move(from)}}}};
}

}  // namespace

Reason gomemlimitHeadroom(const LoadsRun& run) {
    const auto& loads = run.tally;
    std::string text =
        "With GOGC=off memory in use stays at GOMEMLIMIT, so the plain edge says nothing about the "
        "headroom; ";
    if (loads.loads == 0)
        text +=
            "these exact settings were not run yet; recommend --load finds out whether they hold";
    else
        text += fmt::format("of {} load{} with exactly these settings {} {} killed", loads.loads,
                            loads.loads == 1 ? "" : "s",
                            loads.killed == 0 ? "none" : std::to_string(loads.killed),
                            loads.killed > 1 ? "were" : "was");
    if (run.mostInUse)
        text +=
            fmt::format(", and at most {} of memory was seen in use", formatMiB(*run.mostInUse));
    Reason reason{"headroom",
                  std::move(text),
                  {{"loads", std::int64_t{loads.loads}}, {"killed", std::int64_t{loads.killed}}}};
    if (run.mostInUse) reason.evidence.emplace_back("mostInUseBytes", *run.mostInUse);
    addSources(reason, run.from);
    return reason;
}

Reason plainHeadroom(Bytes limit, Bytes edge, std::vector<std::string> from) {
    const double ratio = static_cast<double>(limit) / static_cast<double>(edge);
    Reason reason{
        "headroom",
        fmt::format("{} leaves {} above the edge", formatQuantity(limit), formatMiB(limit - edge)),
        {{"limitBytes", limit}, {"edgeBytes", edge}, {"ratio", ratio}}};
    addSources(reason, std::move(from));
    return reason;
}

std::optional<Reason> usageNearLimit(const AdvisedSettings& advised) {
    if (!advised.limit || !parseGogc(advised.gogc.value_or("")).off) return std::nullopt;
    const auto gomemlimit = gomemlimitOf(advised);
    if (!gomemlimit) return std::nullopt;
    const double share = static_cast<double>(*gomemlimit) / static_cast<double>(*advised.limit);
    return Reason{
        "usage-near-limit",
        fmt::format(
            "With GOGC=off memory in use will stay near GOMEMLIMIT, {} of the limit, even under a "
            "small load: alerts on usage against the limit will fire and must be changed",
            percentText(share)),
        {{"limitBytes", *advised.limit}, {"gomemlimitBytes", *gomemlimit}, {"share", share}}};
}

Reason liveUsageReason(Bytes seen, Bytes limit, std::vector<std::string> from) {
    Reason reason{"live-usage",
                  fmt::format("Live instances were seen to use at most {}, which {} holds",
                              formatMiB(seen), formatQuantity(limit)),
                  {{"liveUsageBytes", seen}, {"limitBytes", limit}}};
    addSources(reason, std::move(from));
    return reason;
}

std::vector<Rule> memoryRules() {
    return {ruledOut,
            survivingIsNotFitting,
            edge,
            headroomUnderGomemlimit,
            headroomAboveEdge,
            alertsOnUsage,
            outsideGo,
            liveUsage,
            loadNotRepresentative};
}

}  // namespace memfit
