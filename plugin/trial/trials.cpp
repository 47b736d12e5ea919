#include "trial/trials.h"

#include <fmt/format.h>

#include <algorithm>

namespace memfit::plugin {

Result<TrialRecord> TrialSeries::run(const Settings& settings, int left, bool repeat) {
    const int number = ++number_;
    for (int attempt = 0;; ++attempt) {
        const auto onMoment = progress_.trialBegins(settings, number, left);
        const double began = budget_.trialBegins();
        auto record = runner_.run(settings, onMoment);
        budget_.trialEnded(began);
        if (!record) {
            if (isBelowAdmitted(settings, record.error())) {
                progress_.note(fmt::format("{}: not run; {}", settingsText(settings),
                                           admitted().why(*settings.limit)));
            }
            return record;
        }
        progress_.trialEnds(*record, number);
        remember(*record);
        const auto outcome = record->trial.outcome;
        // An eviction, or an end that nothing explains, is no sign of a wrong set-up.
        const bool byChance = outcome == Outcome::evicted || outcome == Outcome::inconclusive;
        if (saysSomethingAboutTheEdge(outcome) || (!repeat && !byChance) || attempt == retries) {
            return record;
        }
        progress_.note(fmt::format("repeating it: {} says nothing about the edge",
                                   toString(record->trial.outcome)));
    }
}

bool TrialSeries::isBelowAdmitted(const Settings& settings, const Error& error) const {
    const auto least = admitted().least;
    return error.kind == ErrorKind::failed && settings.limit && least && *settings.limit < *least;
}

std::vector<Result<TrialRecord>> TrialSeries::runTogether(const std::vector<Settings>& all,
                                                          int left) {
    std::vector<std::optional<Result<TrialRecord>>> records(all.size());
    std::vector<std::function<void()>> tasks;
    for (std::size_t i = 0; i < all.size(); ++i) {
        tasks.emplace_back([this, &all, &records, left, i] { records[i] = run(all[i], left); });
    }
    runner_.together(tasks);
    std::vector<Result<TrialRecord>> done;
    done.reserve(records.size());
    for (auto& record : records) done.push_back(*std::move(record));
    return done;
}

void TrialSeries::remember(const TrialRecord& record) {
    ++spent_.trials;
    spent_.loadSeconds += record.loadSeconds;
    spent_.readySeconds += record.readySeconds;
    // Oddities in the load report of a killed program are no surprise.
    if (record.trial.outcome == Outcome::survived) {
        for (const auto& warning : record.warnings) {
            if (std::find(warnings_.begin(), warnings_.end(), warning) == warnings_.end()) {
                warnings_.push_back(warning);
            }
        }
    }
    if (record.peak && record.peak->goVersion) goVersion_ = record.peak->goVersion;
    if (record.trial.load && record.trial.load->tool) loadTool_ = record.trial.load->tool;
}

Error trialFailure(const TrialRecord& record) {
    const auto& trial = record.trial;
    std::string what =
        fmt::format("the trial {} ended as {}",
                    trial.settings.limit ? "at " + settingsText(trial.settings) : "without a limit",
                    toString(trial.outcome));
    if (!trial.note.empty()) what += fmt::format(": {}", trial.note);
    if (!record.loadError.empty()) what += fmt::format(" ({})", record.loadError);
    switch (trial.outcome) {
        case Outcome::crashed:
            return failure(what, "run the program by hand and see why it ends");
        case Outcome::neverReady:
            return failure(what, "check --port and --ready-url, or raise --ready-timeout");
        case Outcome::loadFailed:
            return failure(what, "run the load command by hand and see why it fails");
        case Outcome::unschedulable:
            if (trial.note.find("Insufficient memory") != std::string::npos) {
                return failure(what, "make room on a node, or lower --ceiling and --to");
            }
            return failure(what, "see what keeps the workload's pods off the nodes");
        case Outcome::imageError:
            return failure(what, "check the image of the workload and its pull secrets");
        default:
            return failure(what, "run it again with --verbose");
    }
}

Error unlimitedFailure(const TrialRecord& record) {
    const auto& trial = record.trial;
    if (!isTooSmall(trial.outcome)) return trialFailure(record);
    return failure(
        fmt::format("the run without a limit ended as {}{}{}", toString(trial.outcome),
                    trial.note.empty() ? "" : ": ", trial.note),
        trial.outcome == Outcome::belowFloor ? "" : "raise --ceiling, or lower the load");
}

}  // namespace memfit::plugin
