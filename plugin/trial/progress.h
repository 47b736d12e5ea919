#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "memfit/trial/trial.h"
#include "trial/trial_runner.h"

namespace memfit::plugin {

/// Tells a person how the run goes, on standard error: on a terminal one line that is written over,
/// elsewhere one line a trial.
class Progress {
public:
    struct Style {
        bool terminal = false;
        bool quiet = false;
        bool verbose = false;
    };

    Progress(std::ostream& err, Style style);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// A part of the run begins: `squeeze`, `bench`, `confirm`. `trialsAfter`: a guess of what the
    /// parts after it will take, for the time left.
    void stage(std::string_view name, int trialsAfter);

    /// A trial begins; `left`: how many of this part there will be after it, about. The result is
    /// to be called with each moment of it.
    [[nodiscard]] std::function<void(const TrialMoment&)> trialBegins(const Settings& settings,
                                                                      int number, int left);
    /// `number`: as trialBegins() was told; trials may run side by side.
    void trialEnds(const TrialRecord& record, int number);

    /// One line for people, not with --quiet.
    void note(std::string_view text);
    /// One line with --verbose.
    void detail(std::string_view text);

private:
    void show(const TrialMoment& moment, int number, const std::string& settings);
    void clearLine();
    [[nodiscard]] std::string timeLeft() const;

    std::ostream& err_;
    Style style_;
    std::string stage_;
    int left_ = 0;
    int trialsAfter_ = 0;
    int finished_ = 0;
    double finishedSeconds_ = 0;
    bool lineShown_ = false;
    std::chrono::steady_clock::time_point lastShown_;
};

/// `17 MiB plain`, `36 MiB gomemlimit`, `no limit plain`.
[[nodiscard]] std::string settingsText(const Settings& settings);

}  // namespace memfit::plugin
