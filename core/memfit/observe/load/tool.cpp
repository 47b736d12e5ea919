#include "memfit/observe/load/tool.h"

#include "memfit/observe/load/text.h"

namespace memfit::load {

void reportUnreachable(LoadReport& report) {
    report.requests = 1;
    report.errors = 1;
    report.requestsPerSecond = 0.0;
}

void reportNoAnswer(LoadReport& report) {
    report.requestsPerSecond = 0.0;
}

void StatusCounts::add(int status, std::int64_t count, int transport) {
    const bool succeeded = status >= 200 && status <= 299;
    std::int64_t& answered = succeeded ? success : other;
    std::int64_t& target = status == transport ? failed : answered;
    target = addCounts(target, count);
}

std::int64_t StatusCounts::total() const {
    return addCounts(addCounts(success, other), failed);
}

void setCounts(LoadReport& report, const StatusCounts& counts) {
    if (counts.total() > 0) setPrintedCounts(report, counts);
}

void setPrintedCounts(LoadReport& report, const StatusCounts& counts) {
    report.requests = counts.total();
    report.errors = counts.failed;
    report.non2xx = counts.other;
}

void setRate(LoadReport& report, std::optional<double> rate, std::int64_t counted) {
    const auto successes = report.successes();
    if (!successes) return;
    if (*successes == 0) {
        report.requestsPerSecond = 0.0;
    } else if (rate && *rate > 0 && counted > 0) {
        report.requestsPerSecond =
            *rate * (static_cast<double>(*successes) / static_cast<double>(counted));
    }
}

void setRateOver(LoadReport& report, std::optional<double> seconds) {
    const auto successes = report.successes();
    if (!successes) return;
    if (*successes == 0) {
        report.requestsPerSecond = 0.0;
    } else if (seconds && *seconds > 0) {
        report.requestsPerSecond = static_cast<double>(*successes) / *seconds;
    }
}

}  // namespace memfit::load
