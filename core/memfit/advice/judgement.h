#pragma once

// Internal to memfit: what the rules of the advice are given, and what they say.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/advice/choice.h"
#include "memfit/advice/recommendation.h"
#include "memfit/bench/price_choice.h"
#include "memfit/bench/price_model.h"
#include "memfit/documents/demand_climb.h"
#include "memfit/documents/documents.h"

namespace memfit {

/// Loads of the same settings, and the cells and trials that they stand in.
struct LoadsRun {
    Confirmed tally;
    std::vector<std::string> from;
    std::optional<Bytes> mostInUse;  ///< the largest demand of those that were not killed

    void note(const Trial& trial);  ///< takes its demand into account
};

/// Everything that is known when the settings have been chosen and are to be explained.
/// The documents are not owned.
struct Judgement {
    AdviceOptions options;
    Header header;  ///< of the recommendation; target, environment and load are the reference's
    std::vector<const SqueezeResult*> squeezes;  ///< under the same load, in the order given
    std::vector<const ProbeResult*> probes;
    std::size_t benchesUsed = 0;
    std::size_t benchesLeftOut = 0;  ///< measured under another load or CPU limit
    std::vector<BenchCell> cells;    ///< of the benches used
    Candidates candidates;
    std::optional<Choice> choice;
    /// The model of all benches used, where they have the runs and figures for one; nullptr:
    /// medians decide.
    std::shared_ptr<const PriceModel> model;
    std::optional<PriceChoice> price;           ///< what the model says of the choice
    const SqueezeResult* edgeSource = nullptr;  ///< the plain squeeze whose edge counts
    Basis basis = Basis::fixed;
    AdvisedSettings advised;
    std::size_t cellsForAutoscaler = 0;  ///< with GOGC=off, out because of a memory autoscaler
    /// The limit that the measurements alone would have given, where live usage (or an OOM kill of
    /// a live pod) raised it.
    std::optional<Bytes> beforeLiveUsage;
    /// The advised limit is not one of the limits that were tried.
    bool limitNotTried = false;

    [[nodiscard]] const Candidate* chosen() const;
    [[nodiscard]] const Candidate* best() const;
    /// The candidate at the chosen limit in the other mode.
    [[nodiscard]] const Candidate* twin() const;
    /// Loads of exactly the advised settings.
    [[nodiscard]] LoadsRun confirmed() const;
    /// Speed of the unlimited run, or of the best cell where there was none.
    [[nodiscard]] std::optional<double> fullSpeed() const;
};

/// Fits the model to the candidates, whose speeds are then those that it expects. Nothing changes
/// where the benches do not allow one: fewer than two cells were run twice and the law of Go's
/// collector does not hold either.
void fitModel(Judgement& j);
/// Chooses by the model, else by the medians (choose()). `atLeast`: no smaller
/// limit. The model may choose a limit between cells, which joins the candidates as one that is
/// foreseen. nullopt: nothing qualifies.
[[nodiscard]] std::optional<Choice> chooseByModel(Judgement& j, std::optional<Bytes> atLeast);

/// What one rule says, and how far confidence can still go.
struct RuleFinding {
    Reason reason;
    Confidence atMost = Confidence::high;
};

/// Reasons about the advised settings themselves, which are written anew when a confirmation has
/// changed them.
/// `current-fits` or `current-differs`.
[[nodiscard]] Reason currentReason(const CurrentSettings& current, const AdvisedSettings& advised,
                                   double tolerance);
/// `headroom` of settings with GOMEMLIMIT: what the loads of exactly these came to.
[[nodiscard]] Reason gomemlimitHeadroom(const LoadsRun& run);
/// `headroom` of a plain limit above the edge, which `from` shows; 0 < edge < limit.
[[nodiscard]] Reason plainHeadroom(Bytes limit, Bytes edge, std::vector<std::string> from);
/// `usage-near-limit` of settings with a limit, GOMEMLIMIT and GOGC=off; nullopt for others.
[[nodiscard]] std::optional<Reason> usageNearLimit(const AdvisedSettings& advised);
/// `live-usage`: the most that was seen of live instances, of `from`, which `limit` holds.
[[nodiscard]] Reason liveUsageReason(Bytes seen, Bytes limit, std::vector<std::string> from);

using Rule = std::optional<RuleFinding> (*)(const Judgement&);

/// The rules, each a function of its own; to add one, write it and put it into its table.
/// Why these settings: speed, GOMEMLIMIT, request.
[[nodiscard]] std::vector<Rule> choiceRules();
/// Where the memory lies: what is too small, the edge, headroom, live usage.
[[nodiscard]] std::vector<Rule> memoryRules();
/// What the model knows: the chance that the choice is right, the law, and what the memory buys.
[[nodiscard]] std::vector<Rule> modelRules();
/// Rules that say what the figures rest on, and lower the confidence.
[[nodiscard]] std::vector<Rule> caveatRules();

/// What the live workload says: OOM kills, autoscalers, its nodes.
[[nodiscard]] std::vector<Rule> liveRules();

/// `node-too-full`: a node that could not hold the workload's pods with the advised request.
[[nodiscard]] std::optional<Reason> nodeTooFull(const LiveFacts& live,
                                                const CurrentSettings& current,
                                                const AdvisedSettings& advised);

/// `node-overcommitted`: a node whose pods would have limits above what it can give once those of
/// the workload have the advised one.
[[nodiscard]] std::optional<Reason> nodeOvercommitted(const LiveFacts& live,
                                                      const CurrentSettings& current,
                                                      const AdvisedSettings& advised);

/// The squeezes whose trials needed more and more, and by how much (documents/demand_climb.h).
struct ClimbingSqueeze {
    const SqueezeResult* squeeze = nullptr;
    DemandClimb climb;
};
[[nodiscard]] std::vector<ClimbingSqueeze> climbingSqueezes(const Judgement& j);

/// The command that would raise confidence; empty when there is none. Its words are quoted for a
/// POSIX shell (control characters as `$'\x1b'`, which bash and zsh read).
[[nodiscard]] std::string nextCommand(const Judgement& judgement, Confidence confidence);

/// The same for settings that a confirmation has changed and found to hold (`held`): a bench of
/// exactly these; of others `recommend` anew, unless a next step is known already.
[[nodiscard]] std::string nextAfterConfirmation(const Recommendation& recommendation, bool held);

/// The evidence `from`: these cells of the benches, without repeats and without nullptr.
[[nodiscard]] Evidence fromCells(const std::vector<const Candidate*>& cells);
/// `bench cell 2x/gomemlimit`: as cellNames() has it, where its name is its own.
[[nodiscard]] std::string cellSource(const std::string& label, Mode mode);
/// `squeeze trial 7`; `trial` counts from 0.
[[nodiscard]] std::string trialSource(const Judgement& j, const SqueezeResult& squeeze,
                                      std::size_t trial);
/// `squeeze trials 1 to 15`: all of it. Empty for one without trials.
[[nodiscard]] std::vector<std::string> allTrials(const Judgement& j, const SqueezeResult& squeeze);
/// `confirmation loads 1 to 3`: the loads of a confirmation after the first `before` of them, up to
/// and with the one of number `last`. Empty when there are none.
[[nodiscard]] std::vector<std::string> confirmationLoads(int before, int last);
/// `pod api-7d9f`.
[[nodiscard]] std::string podSource(const LivePod& pod);
/// The live pod that the figure of live usage is of. Empty when that pod is not known.
[[nodiscard]] std::vector<std::string> podInUse(const Judgement& j);
/// Adds `from` to the evidence, if there is any.
void addSources(Reason& reason, std::vector<std::string> from);
/// The evidence `from` of a reason. Empty when it has none.
[[nodiscard]] std::vector<std::string> sourcesOf(const Reason& reason);

/// GOMEMLIMIT in bytes; nullopt when it is not set, or left as it is.
[[nodiscard]] std::optional<Bytes> gomemlimitOf(const AdvisedSettings& settings);
/// `36Mi`, or `no limit`.
[[nodiscard]] std::string limitText(const std::optional<Bytes>& limit);
/// `36Mi`, `36Mi with GOMEMLIMIT`, `36Mi with GOMEMLIMIT=32MiB`, `no limit`.
[[nodiscard]] std::string settingsText(const Settings& settings);
/// `35.4 requests/s`, `0.042 requests/s`; loads per second as `28.3 s a load`.
[[nodiscard]] std::string speedText(double speed, SpeedUnit unit);
/// Name of an evidence that holds a speed: `requestsPerSecond`, `unlimitedRequestsPerSecond`.
[[nodiscard]] std::string speedName(std::string_view prefix, SpeedUnit unit);
/// `5 %`, `7.5 %`.
[[nodiscard]] std::string percentText(double share);
/// `93 %`, `over 99 %`: no model is as sure as that.
[[nodiscard]] std::string chanceText(double chance);

}  // namespace memfit
