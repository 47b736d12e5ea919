#pragma once

#include <optional>
#include <string>
#include <vector>

#include "memfit/advice/choice.h"
#include "memfit/advice/recommendation.h"
#include "support/fixtures.h"

namespace memfit::test {

inline BenchRun run(double requestsPerSecond, Outcome outcome = Outcome::survived) {
    BenchRun run;
    run.outcome = outcome;
    run.load = LoadReport{};
    run.load->requestsPerSecond = requestsPerSecond;
    return run;
}

inline BenchCell cell(const Settings& settings, const std::vector<double>& rates) {
    BenchCell cell{"", settings, {}, {}, {}};
    for (const double rate : rates) cell.runs.push_back(run(rate));
    return cell;
}

inline BenchCell plain(std::optional<Bytes> mebibytes, const std::vector<double>& rates) {
    return cell(plainSettings(mebibytes ? std::optional(*mebibytes * MiB) : std::nullopt), rates);
}

inline BenchCell gomemlimit(Bytes mebibytes, const std::vector<double>& rates) {
    return cell(gomemlimitSettings(mebibytes * MiB, mebibytes * MiB), rates);
}

/// Results with one bench of these cells, of a deployment under a known load.
inline Results benchOf(std::vector<BenchCell> cells) {
    Results results;
    BenchResult bench;
    bench.header.target.type = "deployment";
    bench.header.target.name = "api";
    bench.header.load.command = "hey {url}/";
    bench.cells = std::move(cells);
    results.benches.push_back(std::move(bench));
    results.texts = {"{}"};
    results.first = Results::Kind::bench;
    return results;
}

inline SqueezeResult squeezeOf(std::optional<Bytes> minimum) {
    SqueezeResult squeeze;
    squeeze.header.target.type = "deployment";
    squeeze.header.target.name = "api";
    squeeze.header.load.command = "hey {url}/";
    squeeze.minimum = minimum;
    squeeze.confirmations = 3;
    return squeeze;
}

inline void add(Results& results, SqueezeResult squeeze) {
    if (results.empty()) results.first = Results::Kind::squeeze;
    results.squeezes.push_back(std::move(squeeze));
    results.texts.emplace_back("{}");
}

inline const Reason* findReason(const Recommendation& recommendation, std::string_view code) {
    for (const auto& reason : recommendation.reasons)
        if (reason.code == code) return &reason;
    return nullptr;
}

/// The reason's text, or a text that says that there is no such reason.
inline std::string reasonText(const Recommendation& recommendation, std::string_view code) {
    const auto* reason = findReason(recommendation, code);
    return reason == nullptr ? "no such reason" : reason->text;
}

/// The cells, trials, loads or pods that the reason names; empty without any, or without the
/// reason.
inline std::vector<std::string> sources(const Recommendation& recommendation,
                                        std::string_view code) {
    const auto* reason = findReason(recommendation, code);
    if (reason == nullptr) return {};
    for (const auto& [name, value] : reason->evidence)
        if (name == "from") return std::get<std::vector<std::string>>(value);
    return {};
}

inline AdvisedSettings advised(Bytes mebibytes, bool withGomemlimit) {
    AdvisedSettings settings;
    settings.limit = mebibytes * MiB;
    settings.request = mebibytes * MiB;
    if (!withGomemlimit) return settings;
    settings.gomemlimit.kind = GomemlimitAdvice::Kind::limitsMemory;
    settings.gogc = "off";
    return settings;
}

/// The same where nothing was measured: a limit and Go's variables that are not advised are left as
/// they are.
inline AdvisedSettings leaving(AdvisedSettings settings) {
    settings.leaveLimit = !settings.limit;
    if (settings.gomemlimit.kind == GomemlimitAdvice::Kind::unset)
        settings.gomemlimit.kind = GomemlimitAdvice::Kind::leave;
    settings.leaveGogc = true;
    return settings;
}

}  // namespace memfit::test
