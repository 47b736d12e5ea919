#include "memfit/advice/recommendation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "memfit/advice/choice.h"
#include "memfit/advice/judgement.h"
#include "memfit/settings/go_settings.h"
#include "memfit/units/bytes.h"

namespace memfit {

namespace {

constexpr std::array policyNames{std::pair{Policy::balanced, std::string_view("balanced")},
                                 std::pair{Policy::lean, std::string_view("lean")},
                                 std::pair{Policy::fast, std::string_view("fast")},
                                 std::pair{Policy::noLimit, std::string_view("no-limit")}};

template <class Value>
void learn(std::optional<Value>& known, const std::optional<Value>& other) {
    if (!known) known = other;
}

std::vector<const Header*> headersOf(const Results& results) {
    std::vector<const Header*> headers;
    for (const auto& bench : results.benches) headers.push_back(&bench.header);
    for (const auto& squeeze : results.squeezes) headers.push_back(&squeeze.header);
    for (const auto& probe : results.probes) headers.push_back(&probe.header);
    return headers;
}

/// Target, environment and load of the measurement that counts most, the last bench; what it
/// lacks of the target from the others.
Header headerFor(const Results& results) {
    Header header;
    if (results.empty()) return header;
    const auto& reference = !results.benches.empty()    ? results.benches.back().header
                            : !results.squeezes.empty() ? results.squeezes.back().header
                                                        : results.firstHeader();
    header.target = reference.target;
    header.environment = reference.environment;
    header.load = reference.load;
    header.inputs = results.texts;
    for (const auto* other : headersOf(results)) {
        const auto& target = other->target;
        if (header.target.type.empty()) header.target.type = target.type;
        if (header.target.command.empty()) header.target.command = target.command;
        learn(header.target.ns, target.ns);
        learn(header.target.name, target.name);
        learn(header.target.container, target.container);
        learn(header.target.uid, target.uid);
        learn(header.target.port, target.port);
        learn(header.target.context, target.context);
        header.partial = header.partial || other->partial;
        for (const auto& warning : other->warnings)
            if (std::ranges::find(header.warnings, warning) == header.warnings.end())
                header.warnings.push_back(warning);
    }
    return header;
}

template <class Value>
bool agree(const std::optional<Value>& a, const std::optional<Value>& b) {
    return !a || !b || *a == *b;
}

/// Speeds and edges compare only under the same load and CPU limit.
bool comparable(const Header& a, const Header& b) {
    return agree(a.load.command, b.load.command) && agree(a.load.prepare, b.load.prepare) &&
           agree(a.load.setup, b.load.setup) &&
           agree(a.environment.cpuLimit, b.environment.cpuLimit);
}

/// The squeeze whose edge counts: the last plain one with a minimum, or else with any bound.
const SqueezeResult* findEdgeSource(const std::vector<const SqueezeResult*>& squeezes) {
    const SqueezeResult* found = nullptr;
    for (const auto* squeeze : squeezes) {
        if (squeeze->mode != Mode::plain) continue;
        const bool better = squeeze->minimum || found == nullptr || !found->minimum;
        if (better) found = squeeze;
    }
    return found;
}

AdvisedSettings toAdvised(const Settings& settings) {
    AdvisedSettings advised;
    advised.limit = settings.limit;
    advised.request = settings.limit;
    if (!settings.limit || settings.mode == Mode::plain) return advised;
    const bool wholeLimit = !settings.gomemlimit || settings.gomemlimit == settings.limit;
    advised.gomemlimit = wholeLimit
                             ? GomemlimitAdvice{GomemlimitAdvice::Kind::limitsMemory, std::nullopt}
                             : GomemlimitAdvice{GomemlimitAdvice::Kind::bytes, settings.gomemlimit};
    advised.gogc = settings.gogc.value_or("off");
    return advised;
}

Bytes wholeMiBAbove(Bytes bytes) {
    constexpr Bytes most = std::numeric_limits<Bytes>::max() / MiB * MiB;
    return bytes > most ? most : ceilToMiB(bytes);
}

void setLimit(AdvisedSettings& advised, Bytes limit) {
    advised.limit = limit;
    advised.request = limit;
}

Error inconclusive(const Judgement& j, std::string what) {
    return {ErrorKind::inconclusive, std::move(what), "run " + nextCommand(j, Confidence::low),
            std::nullopt};
}

Error noCandidate(const Judgement& j) {
    if (j.cellsForAutoscaler > 0)
        return inconclusive(j, fmt::format("only settings with GOGC=off survived, which do not go "
                                           "with the memory-based HorizontalPodAutoscaler {}",
                                           j.options.live->memoryAutoscalers.front()));
    std::string what = "no limit that was benched survived every run";
    constexpr std::size_t shown = 3;
    const auto& out = j.candidates.out;
    for (std::size_t i = 0; i < std::min(out.size(), shown); ++i)
        what +=
            fmt::format("{} {}: {}", i == 0 ? ":" : ",", settingsText(out[i].settings), out[i].why);
    return inconclusive(j, std::move(what));
}

/// The smallest limit that live instances leave room for, and the one to set where no measurement
/// knows a better one.
struct LiveNeed {
    Bytes atLeast = 0;
    Bytes limit = 0;
};

std::optional<LiveNeed> liveNeed(const AdviceOptions& options) {
    const auto killedAt = options.live ? oomKilledAt(*options.live) : std::nullopt;
    if (!killedAt && !options.liveUsage) return std::nullopt;
    const auto seen = options.liveUsage.value_or(0);
    LiveNeed need{seen, wholeMiBAbove(seen)};
    if (!killedAt || *killedAt < seen) return need;
    need.limit = std::max(need.limit, raisedAfterOomKill(*killedAt));
    need.atLeast = std::min(*killedAt, std::numeric_limits<Bytes>::max() - 1) + 1;
    return need;
}

/// Never below what live instances use: a larger cell that fits, or else live usage itself.
void keepAboveLiveUsage(Judgement& j) {
    const auto need = liveNeed(j.options);
    if (!need || !j.advised.limit || *j.advised.limit >= need->atLeast) return;
    j.beforeLiveUsage = j.advised.limit;
    const auto larger = chooseByModel(j, need->atLeast);
    if (j.choice && larger && j.candidates.cells[larger->chosen].settings.limit) {
        j.choice = larger;
        j.advised = toAdvised(j.candidates.cells[larger->chosen].settings);
        return;
    }
    setLimit(j.advised, need->limit);
    // A literal was measured at the smaller limit; below live usage it would starve the service.
    if (j.advised.gomemlimit.kind == GomemlimitAdvice::Kind::bytes) {
        j.advised.gomemlimit = {};
        j.advised.gogc.reset();
    }
    j.limitNotTried = true;
}

Result<void> judgeBench(Judgement& j) {
    if (j.candidates.cells.empty()) return noCandidate(j);
    j.choice = chooseByModel(j, std::nullopt);
    if (!j.choice)
        return inconclusive(j, fmt::format("no setting that was benched comes within {} of the "
                                           "unlimited run",
                                           percentText(j.options.tolerance)));
    j.advised = toAdvised(j.candidates.cells[j.choice->chosen].settings);
    keepAboveLiveUsage(j);
    return {};
}

Result<void> judgeSqueeze(Judgement& j) {
    if (j.edgeSource == nullptr)
        return inconclusive(j,
                            "the squeeze ran with GOMEMLIMIT, where a run that survives may be far "
                            "too slow, so no limit follows from it alone");
    if (!j.edgeSource->minimum) return inconclusive(j, "the squeeze found no limit that holds");
    setLimit(j.advised, *j.edgeSource->minimum);
    keepAboveLiveUsage(j);
    return {};
}

bool scalesOnMemory(const AdviceOptions& options) {
    return options.live && !options.live->memoryAutoscalers.empty();
}

/// What to do with the GOMEMLIMIT that is set when nothing was measured.
GomemlimitAdvice keptGomemlimit(const Judgement& j, const CurrentSettings& current) {
    using Kind = GomemlimitAdvice::Kind;
    const GomemlimitAdvice asItIs{Kind::leave, std::nullopt};
    const auto& limit = j.advised.limit;
    if (current.gomemlimitUnknown) return asItIs;
    const auto set = parseGomemlimit(current.gomemlimit.value_or(""));
    if (!set) return {};  // Go dies at start with it
    if (!*set) return asItIs;
    const auto bytes = **set;
    if (limit && bytes == current.limit) return {Kind::limitsMemory, std::nullopt};
    if (bytes < MiB) return {};  // a mistake of units
    // What was set for a limit goes with it: a reference would come to what the node can give.
    if (!limit) return current.limit ? GomemlimitAdvice{} : GomemlimitAdvice{Kind::leave, bytes};
    // A literal below what is in use starves the service.
    const bool fits = bytes <= *limit && bytes >= j.options.liveUsage.value_or(0);
    return fits ? GomemlimitAdvice{Kind::bytes, bytes} : GomemlimitAdvice{};
}

/// Will GOMEMLIMIT bound a heap that is otherwise never collected? Also true when its value is not
/// known.
bool hasBound(const AdvisedSettings& advised, const CurrentSettings& current) {
    if (advised.gomemlimit.kind != GomemlimitAdvice::Kind::leave)
        return advised.gomemlimit.kind != GomemlimitAdvice::Kind::unset;
    const auto set = parseGomemlimit(current.gomemlimit.value_or(""));
    return current.gomemlimitUnknown || (set && *set);
}

bool keepsGogc(const Judgement& j, const CurrentSettings& current) {
    if (current.gogcUnknown) return true;
    const auto gogc = parseGogc(current.gogc.value_or(""));
    if (!gogc.off) return !gogc.malformed;
    return !scalesOnMemory(j.options) && hasBound(j.advised, current);
}

/// Go's variables are not taken away without a measurement, unless a rule speaks against them.
void keepVariables(Judgement& j) {
    const auto& current = *j.options.current;
    j.advised.gomemlimit = keptGomemlimit(j, current);
    j.advised.leaveGogc = keepsGogc(j, current);
    if (j.advised.leaveGogc) j.advised.gogc = current.gogc;
}

/// Without any measurement: what is set, put in order.
void judgeCurrent(Judgement& j) {
    const auto& current = *j.options.current;
    if (current.limit) {
        auto limit = *current.limit;
        if (const auto need = liveNeed(j.options); need && limit < need->atLeast)
            limit = need->limit;
        setLimit(j.advised, limit);
    }
    // A workload that runs without a limit is no reason to drop the limit of a manifest.
    j.advised.leaveLimit = !current.limit;
    keepVariables(j);
}

Result<void> judge(Judgement& j, const Results& results) {
    if (!results.benches.empty() || !results.squeezes.empty())
        j.basis = Basis::measured;
    else if (j.options.liveUsage || j.options.live || !results.probes.empty())
        j.basis = Basis::observed;
    if (j.options.policy == Policy::noLimit) {
        j.choice = choose(j.candidates, Policy::noLimit, j.options.tolerance);
        if (j.basis != Basis::measured && j.options.current) keepVariables(j);
        return {};
    }
    if (!results.benches.empty()) return judgeBench(j);
    if (!results.squeezes.empty()) return judgeSqueeze(j);
    if (!j.options.current)
        return inconclusive(j, results.empty()
                                   ? "there is no result to judge from"
                                   : "a probe alone does not show how little memory is enough");
    judgeCurrent(j);
    return {};
}

bool collectsOnlyAtGomemlimit(const Settings& settings) {
    return settings.mode == Mode::gomemlimit && parseGogc(settings.gogc.value_or("off")).off;
}

/// Under an autoscaler that scales on memory a cell with GOGC=off cannot be chosen.
void leaveOutForAutoscaler(Judgement& j) {
    if (!scalesOnMemory(j.options)) return;
    j.cellsForAutoscaler = std::erase_if(j.candidates.cells, [](const Candidate& cell) {
        return collectsOnlyAtGomemlimit(cell.settings);
    });
}

/// `options`, with what the live workload says where they say nothing.
AdviceOptions withLive(AdviceOptions options) {
    if (!options.live) return options;
    if (!options.current) options.current = currentSettings(*options.live);
    if (!options.liveUsage) options.liveUsage = liveUsage(*options.live);
    return options;
}

void addWarnings(const LiveFacts& live, Header& header) {
    for (const auto& warning : live.warnings)
        if (std::ranges::find(header.warnings, warning) == header.warnings.end())
            header.warnings.push_back(warning);
}

Result<Judgement> gather(const Results& results, const AdviceOptions& options) {
    Judgement j;
    j.options = withLive(options);
    j.header = headerFor(results);
    if (j.options.live) addWarnings(*j.options.live, j.header);
    std::vector<const BenchResult*> benches;
    for (const auto& bench : results.benches) {
        if (comparable(bench.header, results.benches.back().header))
            benches.push_back(&bench);
        else
            ++j.benchesLeftOut;
    }
    for (const auto& squeeze : results.squeezes)
        if (comparable(squeeze.header, j.header)) j.squeezes.push_back(&squeeze);
    j.cells = mergeCells(benches);
    auto candidates = findCandidates(j.cells, j.squeezes, options.floor);
    if (!candidates) return candidates.error();
    j.candidates = *std::move(candidates);
    leaveOutForAutoscaler(j);
    fitModel(j);
    j.edgeSource = findEdgeSource(j.squeezes);
    return j;
}

/// Applies every rule; confidence falls to the lowest that one of them leaves.
void explain(const Judgement& j, Recommendation& recommendation) {
    recommendation.confidence = j.basis == Basis::measured ? Confidence::high : Confidence::low;
    for (const auto& rules :
         {choiceRules(), modelRules(), memoryRules(), liveRules(), caveatRules()})
        for (const auto& rule : rules) {
            auto finding = rule(j);
            if (!finding) continue;
            recommendation.confidence = std::max(recommendation.confidence, finding->atMost);
            recommendation.reasons.push_back(std::move(finding->reason));
        }
}

}  // namespace

std::string_view toString(Policy policy) {
    const auto* const found =
        std::ranges::find(policyNames, policy, &std::pair<Policy, std::string_view>::first);
    return found == policyNames.end() ? std::string_view() : found->second;
}

std::optional<Policy> policyFromString(std::string_view name) {
    const auto* const found =
        std::ranges::find(policyNames, name, &std::pair<Policy, std::string_view>::second);
    return found == policyNames.end() ? std::nullopt : std::optional(found->first);
}

std::string_view toString(Basis basis) {
    switch (basis) {
        case Basis::measured:
            return "measured";
        case Basis::observed:
            return "observed";
        case Basis::fixed:
            return "static";
    }
    return "static";
}

std::string_view toString(Confidence confidence) {
    switch (confidence) {
        case Confidence::high:
            return "high";
        case Confidence::medium:
            return "medium";
        case Confidence::low:
            return "low";
    }
    return "low";
}

Settings trialSettings(const AdvisedSettings& advised) {
    using Kind = GomemlimitAdvice::Kind;
    const auto kind = advised.gomemlimit.kind;
    Settings settings = plainSettings(advised.limit);
    if (advised.limit && kind == Kind::limitsMemory)
        settings = gomemlimitSettings(*advised.limit, *advised.limit);
    if (advised.limit && kind == Kind::bytes)
        settings =
            gomemlimitSettings(*advised.limit, advised.gomemlimit.bytes.value_or(*advised.limit));
    if (advised.gogc) settings.gogc = advised.gogc;
    return settings;
}

Result<Recommendation> recommend(const Results& results, const AdviceOptions& options) {
    auto gathered = gather(results, options);
    if (!gathered) return gathered.error();
    Judgement& j = *gathered;
    const auto judged = judge(j, results);
    if (!judged) return judged.error();

    Recommendation recommendation;
    recommendation.header = j.header;
    recommendation.basis = j.basis;
    recommendation.policy = options.policy;
    recommendation.tolerance = options.tolerance;
    recommendation.floor = options.floor;
    recommendation.advised = j.advised;
    if (j.price) recommendation.probability = j.price->probability;
    recommendation.current = j.options.current;
    recommendation.live = j.options.live;
    if (const auto tally = j.confirmed().tally; tally.loads > 0) recommendation.confirmed = tally;
    explain(j, recommendation);
    recommendation.next = nextCommand(j, recommendation.confidence);
    return recommendation;
}

Result<Recommendation> adviseObserved(LiveFacts facts, const Header& header,
                                      AdviceOptions options) {
    Results results;
    results.probes.push_back(probeOf(facts, header));
    results.texts.push_back(toJson(results.probes.front()));
    options.live = std::move(facts);
    auto recommendation = recommend(results, options);
    if (!recommendation) return recommendation;
    recommendation->header.startedAt = header.startedAt;
    recommendation->header.finishedAt = header.finishedAt;
    return recommendation;
}

}  // namespace memfit
