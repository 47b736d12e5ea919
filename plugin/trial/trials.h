#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memfit/error.h"
#include "trial/budget.h"
#include "trial/progress.h"
#include "trial/trial_runner.h"

namespace memfit::plugin {

/// How often a trial is repeated whose outcome says nothing about the edge.
inline constexpr int retries = 2;

/// Warning of a result that is what a budget allowed, not what was asked for.
inline constexpr std::string_view budgetEndedCode = "budget-ended";

/// Warning of a result that the limits which the namespace admits bound, not the program.
inline constexpr std::string_view namespaceBoundCode = "namespace-bound";

/// Runs trials with those repeats, numbers them, and shows them.
class TrialSeries {
public:
    TrialSeries(TrialRunner& runner, Progress& progress, Budget budget = {})
        : runner_(runner), progress_(progress), budget_(std::move(budget)) {}

    /// `left`: about how many trials come after this one. `repeat` false: an outcome that says
    /// nothing is returned at once (for the very first trial, where a wrong set-up is likelier than
    /// a fluke and repeating it only costs time).
    /// Errors: those of TrialRunner::run.
    [[nodiscard]] Result<TrialRecord> run(const Settings& settings, int left, bool repeat = true);

    /// As TrialRunner::knowsUnlimited.
    [[nodiscard]] bool knowsUnlimited() const { return runner_.knowsUnlimited(); }

    /// As TrialRunner::admitted and TrialRunner::tryAdmission.
    [[nodiscard]] AdmittedLimits admitted() const { return runner_.admitted(); }
    [[nodiscard]] Result<void> tryAdmission(const Settings& settings) {
        return runner_.tryAdmission(settings);
    }
    /// Whether a trial failed since its limit is smaller than what is admitted.
    [[nodiscard]] bool isBelowAdmitted(const Settings& settings, const Error& error) const;

    /// As run(), all of them at once; results in the order of the settings.
    [[nodiscard]] std::vector<Result<TrialRecord>> runTogether(const std::vector<Settings>& all,
                                                               int left);

    /// The rest of the budget; the loops ask whether a trial still fits.
    [[nodiscard]] const Budget& budget() const { return budget_; }

    /// Where the time went.
    struct Spent {
        int trials = 0;
        double loadSeconds = 0;
        double readySeconds = 0;
    };
    [[nodiscard]] const Spent& spent() const { return spent_; }

    /// The warnings of all trials, each once, in order.
    [[nodiscard]] const std::vector<Warning>& warnings() const { return warnings_; }
    [[nodiscard]] const std::optional<std::string>& goVersion() const { return goVersion_; }
    [[nodiscard]] const std::optional<std::string>& loadTool() const { return loadTool_; }

private:
    void remember(const TrialRecord& record);

    TrialRunner& runner_;
    Progress& progress_;
    Budget budget_;
    int number_ = 0;
    Spent spent_;
    std::vector<Warning> warnings_;
    std::optional<std::string> goVersion_;
    std::optional<std::string> loadTool_;
};

/// What to say when a trial went wrong in a way that says nothing about the edge.
[[nodiscard]] Error trialFailure(const TrialRecord& record);

/// What to say when the run without a limit, by which all others are judged, did not survive.
[[nodiscard]] Error unlimitedFailure(const TrialRecord& record);

}  // namespace memfit::plugin
