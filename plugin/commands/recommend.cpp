#include <fmt/format.h>

#include "commands/commands.h"
#include "commands/land/landing.h"
#include "commands/measure/experiment.h"
#include "commands/read/live.h"
#include "commands/scan.h"
#include "memfit/advice/recommendation_read.h"
#include "memfit/advice/wanted_settings.h"
#include "memfit/describe/describe.h"
#include "memfit/kube/pod_level.h"
#include "session/files.h"
#include "testbed/stats_page.h"

namespace memfit::plugin {
namespace {

/// What --limit and --env say is set now.
std::optional<CurrentSettings> currentSettings(const Options& options) {
    if (!options.currentLimit) return std::nullopt;
    CurrentSettings current;
    current.limit = options.currentLimit;
    for (const auto& [name, value] : options.env) {
        if (name == "GOMEMLIMIT") current.gomemlimit = value;
        if (name == "GOGC") current.gogc = value;
    }
    return current;
}

AdviceOptions adviceOptions(const Options& options) {
    AdviceOptions advice;
    advice.policy = options.policy.value_or(advice.policy);
    advice.tolerance = options.tolerance.value_or(advice.tolerance);
    advice.floor = options.floorText;
    advice.current = currentSettings(options);
    return advice;
}

/// Prints what was gathered before a run ended early and no advice can be given: every document by
/// itself, or all in one report.
Result<void> printGathered(const Context& context, const Results& results) {
    if (results.empty()) return {};
    Printable gathered;
    const auto add = [&](const auto& documents) {
        for (const auto& document : documents) {
            gathered.json += toJson(document);
            const auto report = describe(document, {true});
            gathered.report.insert(gathered.report.end(), report.begin(), report.end());
        }
    };
    add(results.probes);
    add(results.squeezes);
    add(results.benches);
    if (context.options.output == OutputFormat::yaml) {
        // One tree for YAML too: a stream of JSON documents is not one.
        gathered.json = "[" + fmt::format("{}", fmt::join(results.texts, ",")) + "]";
    }
    return print(gathered, context.options, context.streams);
}

/// Fills `results` with what it lacks: squeeze, then bench. Returns why it ended early, if it did.
std::optional<Error> measure(const Context& context, Session& session, Results& results) {
    const auto most = worstCase(context.options);
    const auto known = [](const Results& all) {
        for (const auto& squeeze : all.squeezes) {
            if (squeeze.minimum) return true;
        }
        return false;
    };
    if (!known(results) && !context.options.minimum && results.benches.empty()) {
        const auto squeezed =
            squeezeStage(context, session, most.bench + context.options.search.confirmations);
        if (squeezed.probe.idle || squeezed.probe.loaded) fold(squeezed.probe, results);
        if (!squeezed.result.trials.empty()) fold(squeezed.result, results);
        const bool usable =
            !squeezed.stopped ||
            (squeezed.result.minimum && squeezed.stopped->kind == ErrorKind::inconclusive);
        if (!usable) return squeezed.stopped;
        if (squeezed.stopped) context.progress.note("warning: " + squeezed.stopped->message());
    }
    if (results.benches.empty()) {
        const auto benched =
            benchStage(context, session, results, context.options.search.confirmations);
        if (!benched.result.cells.empty()) fold(benched.result, results);
        if (benched.stopped) return benched.stopped;
    }
    return std::nullopt;
}

/// Judges the workload as it runs, from what can be read without touching it.
Result<Recommendation> observe(const Context& context, ClusterTarget& cluster,
                               Timestamp startedAt) {
    auto facts = readLive(context, cluster);
    if (!facts) return facts.error();
    const auto header = liveHeader(cluster, *facts, startedAt);
    return adviseObserved(*std::move(facts), header, adviceOptions(context.options));
}

/// The advice of documents. What the command line leaves open is as in a Recommendation that is
/// all there is.
Result<Recommendation> adviseFrom(const Results& results, AdviceOptions advice,
                                  const Options& options) {
    if (!results.recommendation) return recommend(results, advice);
    auto before = readRecommendation(*results.recommendation);
    if (!before) return before.error();
    if (!options.policy) advice.policy = before->policy;
    if (!options.tolerance) advice.tolerance = before->tolerance;
    if (!options.floorText) advice.floor = before->floor;
    return adviseAgain(*std::move(before), results, std::move(advice));
}

int checked(const Context& context, const Recommendation& recommendation) {
    const auto found = mismatches(recommendation.current.value_or(CurrentSettings{}),
                                  recommendation.advised, recommendation.tolerance);
    for (const auto& mismatch : found) {
        context.streams.err << fmt::format("check: {}\n", mismatch) << std::flush;
    }
    return found.empty() ? exitDone : exitFound;
}

/// Says it when the memory of the workload's whole pod leaves no room for the advice.
void heedPod(const ClusterTarget* cluster, Recommendation& recommendation) {
    if (cluster == nullptr) return;
    const auto refusal = refusedWithinPod(podLevelMemory(cluster->workload, cluster->container),
                                          wantedSettings(recommendation.advised));
    if (!refusal) return;
    recommendation.header.warnings.push_back(
        {std::string(refusal->code),
         fmt::format("with the advice {}; {}", refusal->text, refusal->next)});
}

/// The advice and all that is to be done with it. `cluster`: of the TARGET; nullptr without one.
struct Advice {
    const Recommendation& recommendation;
    const Results& results;
    std::optional<Error> stopped;
    ClusterTarget* cluster = nullptr;
};

Result<void> printAdvice(const Context& context, const Advice& advice) {
    return print({toJson(advice.recommendation),
                  describe(advice.recommendation, advice.results, {context.options.verbose})},
                 context.options, context.streams);
}

/// Prints the patch, or the document, and applies it if that is wanted.
Result<int> landInCluster(const Context& context, const Advice& advice) {
    const auto& options = context.options;
    const bool asPatch = options.output == OutputFormat::patch;
    std::optional<TriedPatch> tried;
    if (advice.cluster != nullptr) {
        auto patch = tryPatch(context, *advice.cluster, advice.recommendation);
        if (!patch) {
            // A failed dry run does not lose what was measured.
            const auto printed = asPatch ? Result<void>() : printAdvice(context, advice);
            return printed ? patch.error() : printed.error();
        }
        tried = *std::move(patch);
    } else if (advice.recommendation.header.target.type == "process") {
        return usageError("what was measured is a program of this machine, which cannot be patched",
                          "give a manifest: --edit FILE");
    }
    auto patch = tried ? Result<std::string>(tried->text) : std::string();
    if (asPatch && !tried) patch = patchOf(context, advice.recommendation);
    if (!patch) return patch.error();
    const auto printed =
        asPatch ? printText(*patch, context.streams) : printAdvice(context, advice);
    if (!printed) return printed.error();
    if (options.apply) {
        if (auto applied = applyPatch(context, *advice.cluster, *tried); !applied) {
            return applied.error();
        }
    }
    return options.check ? checked(context, advice.recommendation) : 0;
}

Result<int> finished(const Context& context, const Advice& advice) {
    const auto& options = context.options;
    if (advice.stopped) {
        const auto printed = printAdvice(context, advice);
        return printed ? *advice.stopped : printed.error();
    }
    if (options.edit) {
        // The document gives way to what is asked for on standard output.
        if (*options.edit != "-" && !options.diff) {
            if (auto printed = printAdvice(context, advice); !printed) return printed.error();
        }
        const auto differs = landInManifest(context, advice.recommendation);
        if (!differs) return differs.error();
        return options.check && *differs ? exitFound : exitDone;
    }
    if (options.output == OutputFormat::patch || options.apply) {
        return landInCluster(context, advice);
    }
    if (auto printed = printAdvice(context, advice); !printed) return printed.error();
    return options.check ? checked(context, advice.recommendation) : 0;
}

/// Judges the workload as it runs, by the documents too where there are any. Runs nothing.
Result<int> recommendLive(const Context& context, const Results& results) {
    const auto startedAt = timestampNow();
    const auto cluster = openCluster(context, context.options.target);
    if (!cluster) return cluster.error();
    if (results.empty()) {
        auto observed = observe(context, **cluster, startedAt);
        if (!observed) return observed.error();
        heedPod(cluster->get(), *observed);
        return finished(context, {*observed, {}, std::nullopt, cluster->get()});
    }
    auto facts = readLive(context, **cluster);
    if (!facts) return facts.error();
    const auto target = liveHeader(**cluster, *facts, startedAt).target;
    if (auto same = checkSameTarget(results, target); !same) return same.error();
    auto advice = adviceOptions(context.options);
    advice.live = *std::move(facts);
    auto recommendation = adviseFrom(results, std::move(advice), context.options);
    if (!recommendation) return recommendation.error();
    heedPod(cluster->get(), *recommendation);
    return finished(context, {*recommendation, results, std::nullopt, cluster->get()});
}

/// The object that the documents were measured on: what this run measured beside them is of the
/// one that is there now.
void keepMeasured(const Target& measured, Target& target) {
    if (measured.uid) target.uid = measured.uid;
    if (measured.generation) target.generation = measured.generation;
    if (measured.context) target.context = measured.context;
}

}  // namespace

Result<int> runRecommend(const Context& context) {
    const auto& options = context.options;
    if (meansMany(options)) return runScan(context, adviceOptions(options));
    auto results = readResultFiles(options.files);
    if (context.loop.signal()) return EventLoop::interruption();
    if (!results) return results.error();
    if (!options.target.empty() && !options.load) return recommendLive(context, *results);
    if (!options.local && options.target.empty()) {
        const auto recommendation = adviseFrom(*results, adviceOptions(options), options);
        if (!recommendation) return recommendation.error();
        return finished(context, {*recommendation, *results, std::nullopt, nullptr});
    }

    auto advice = adviceOptions(options);
    std::optional<Target> measured;
    if (!results->empty()) measured = results->firstHeader().target;
    auto opened = Session::open(context, *results);
    if (!opened) return opened.error();
    const auto session = *std::move(opened);
    // Before the trials, which would be among the neighbours of the live pods.
    if (session->cluster() != nullptr) {
        auto facts = readLive(context, *session->cluster());
        if (!facts) return facts.error();
        advice.live = *std::move(facts);
    }
    auto stopped = measure(context, *session, *results);
    auto recommendation = recommend(*results, advice);
    const bool interrupted = stopped && stopped->kind == ErrorKind::interrupted;
    if (!recommendation || interrupted) {
        const auto printed = printGathered(context, *results);
        if (!printed) return printed.error();
        return stopped ? *stopped : recommendation.error();
    }
    if (!stopped) stopped = confirmStage(context, *session, *recommendation);
    auto warnings = std::move(recommendation->header.warnings);
    recommendation->header = session->header(results->texts, stopped);
    if (measured) keepMeasured(*measured, recommendation->header.target);
    recommendation->header.warnings.insert(recommendation->header.warnings.end(), warnings.begin(),
                                           warnings.end());
    heedPod(session->cluster(), *recommendation);
    return finished(context, {*recommendation, *results, stopped, session->cluster()});
}

}  // namespace memfit::plugin
