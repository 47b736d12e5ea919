#include "trial/progress.h"

#include <fmt/format.h>

#include <cmath>
#include <ostream>

#include "memfit/report/figures.h"
#include "memfit/report/report.h"

namespace memfit::plugin {
namespace {

constexpr auto redrawEvery = std::chrono::milliseconds(100);

std::string_view phaseText(TrialMoment::Phase phase) {
    switch (phase) {
        case TrialMoment::Phase::starting:
            return "starting";
        case TrialMoment::Phase::warmingUp:
            return "warming up";
        case TrialMoment::Phase::loading:
            return "under load";
        case TrialMoment::Phase::settling:
            return "settling";
    }
    return "";
}

std::string clockText(double seconds) {
    const auto whole = std::lround(seconds);
    if (whole < 60) return fmt::format("{} s", whole);
    return fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

}  // namespace

std::string settingsText(const Settings& settings) {
    return fmt::format("{} {}", limitText(settings.limit), toString(settings.mode));
}

Progress::Progress(std::ostream& err, Style style) : err_(err), style_(style) {}

Progress::~Progress() {
    clearLine();
}

void Progress::stage(std::string_view name, int trialsAfter) {
    stage_ = name;
    trialsAfter_ = trialsAfter;
}

std::function<void(const TrialMoment&)> Progress::trialBegins(const Settings& settings, int number,
                                                              int left) {
    left_ = left;
    lastShown_ = {};
    return [this, number, shown = settingsText(settings)](const TrialMoment& moment) {
        show(moment, number, shown);
    };
}

void Progress::show(const TrialMoment& moment, int number, const std::string& settings) {
    if (style_.quiet || !style_.terminal) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - lastShown_ < redrawEvery) return;
    lastShown_ = now;
    std::string line =
        fmt::format("{}: trial {} of about {}, {}, {} {:.1f} s", stage_, number, number + left_,
                    settings, phaseText(moment.phase), moment.seconds);
    if (moment.usage && moment.usage->current) {
        line += fmt::format(", {}", formatMiB(*moment.usage->current));
    }
    line += timeLeft();
    err_ << "\r\x1b[K" << line << std::flush;
    lineShown_ = true;
}

void Progress::trialEnds(const TrialRecord& record, int number) {
    ++finished_;
    finishedSeconds_ += record.trial.seconds.value_or(0);
    clearLine();
    const bool survived = record.trial.outcome == Outcome::survived;
    if (style_.quiet || (style_.terminal && survived && !style_.verbose)) return;
    std::string line =
        fmt::format("{}: trial {} of about {}, {}: {}", stage_, number, number + left_,
                    settingsText(record.trial.settings), toString(record.trial.outcome));
    if (survived && record.trial.load && record.trial.load->requestsPerSecond) {
        line += fmt::format(", {} requests/s", rateText(record.trial.load->requestsPerSecond));
    }
    if (!record.trial.note.empty()) line += fmt::format(" ({})", printable(record.trial.note));
    err_ << line << timeLeft() << '\n' << std::flush;
}

std::string Progress::timeLeft() const {
    if (finished_ == 0) return {};
    const double each = finishedSeconds_ / finished_;
    return fmt::format(", about {} left", clockText(each * (left_ + trialsAfter_)));
}

void Progress::note(std::string_view text) {
    if (style_.quiet) return;
    clearLine();
    err_ << printable(text) << '\n' << std::flush;
}

void Progress::detail(std::string_view text) {
    if (style_.verbose) note(text);
}

void Progress::clearLine() {
    if (!lineShown_) return;
    err_ << "\r\x1b[K" << std::flush;
    lineShown_ = false;
}

}  // namespace memfit::plugin
