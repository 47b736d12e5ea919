#include "memfit/advice/judgement.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "memfit/settings/go_settings.h"
#include "memfit/units/bytes.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

/// One decimal, and below 1 as many as show two digits.
std::string decimalText(double value) {
    constexpr int most = 9;
    int decimals = 1;
    for (double scaled = std::abs(value); scaled > 0 && scaled < 1 && decimals < most; ++decimals)
        scaled *= 10;
    return fmt::format("{:.{}f}", value, decimals);
}

std::string squeezeName(const Judgement& j, const SqueezeResult& squeeze) {
    if (j.squeezes.size() < 2) return "squeeze";
    const auto found = std::ranges::find(j.squeezes, &squeeze);
    return fmt::format("squeeze {}", found - j.squeezes.begin() + 1);
}

}  // namespace

const Candidate* Judgement::chosen() const {
    return choice ? &candidates.cells[choice->chosen] : nullptr;
}

const Candidate* Judgement::best() const {
    return choice && choice->best ? &candidates.cells[*choice->best] : nullptr;
}

const Candidate* Judgement::twin() const {
    const auto* own = chosen();
    if (own == nullptr) return nullptr;
    const Candidate* found = nullptr;
    for (const auto& cell : candidates.cells) {
        // Under the law plain costs the same at every limit.
        const bool other = (own->foreseen || cell.settings.limit == own->settings.limit) &&
                           cell.settings.limit && cell.settings.mode != own->settings.mode;
        if (!other) continue;
        const bool faster = found != nullptr && cell.speed && found->speed &&
                            cell.speed->median > found->speed->median;
        if (found == nullptr || faster) found = &cell;
    }
    return found;
}

void LoadsRun::note(const Trial& trial) {
    if (isOomKill(trial.outcome) || !trial.usage || !trial.usage->demand) return;
    mostInUse = std::max(mostInUse.value_or(0), *trial.usage->demand);
}

LoadsRun Judgement::confirmed() const {
    LoadsRun run;
    auto& tally = run.tally;
    const auto* own = chosen();
    if (own != nullptr && !limitNotTried && !own->foreseen) {
        tally.loads = own->runs;
        run.from.push_back(cellSource(own->label, own->settings.mode));
        for (const auto& one : own->measured)
            if (one.usage && one.usage->demand)
                run.mostInUse = std::max(run.mostInUse.value_or(0), *one.usage->demand);
    }
    const auto wanted = trialSettings(advised);
    for (const auto* squeeze : squeezes)
        for (std::size_t i = 0; i < squeeze->trials.size(); ++i) {
            const auto& trial = squeeze->trials[i];
            const bool same = trial.settings.limit == wanted.limit &&
                              trial.settings.mode == wanted.mode &&
                              trial.settings.gomemlimit == wanted.gomemlimit;
            if (!same || !saysSomethingAboutTheEdge(trial.outcome)) continue;
            ++tally.loads;
            if (isOomKill(trial.outcome)) ++tally.killed;
            run.note(trial);
            run.from.push_back(trialSource(*this, *squeeze, i));
        }
    return run;
}

std::optional<double> Judgement::fullSpeed() const {
    if (candidates.unlimitedSpeed) return candidates.unlimitedSpeed;
    const auto* fastest = best();
    return fastest != nullptr ? std::optional(fastest->speed->median) : std::nullopt;
}

std::optional<Bytes> gomemlimitOf(const AdvisedSettings& settings) {
    using Kind = GomemlimitAdvice::Kind;
    if (settings.gomemlimit.kind == Kind::limitsMemory) return settings.limit;
    return settings.gomemlimit.kind == Kind::bytes ? settings.gomemlimit.bytes : std::nullopt;
}

std::string limitText(const std::optional<Bytes>& limit) {
    return limit ? formatQuantity(*limit) : "no limit";
}

std::string settingsText(const Settings& settings) {
    auto text = limitText(settings.limit);
    if (settings.mode == Mode::plain) return text;
    text += " with GOMEMLIMIT";
    if (settings.gomemlimit && settings.gomemlimit != settings.limit)
        text += "=" + formatGomemlimit(*settings.gomemlimit);
    return text;
}

std::string speedText(double speed, SpeedUnit unit) {
    if (unit == SpeedUnit::loadsPerSecond)
        return fmt::format("{} s a load", decimalText(1 / speed));
    if (unit == SpeedUnit::requestsPerCpuSecond)
        return fmt::format("{} requests per second of CPU", decimalText(speed));
    return fmt::format("{} requests/s", decimalText(speed));
}

std::string speedName(std::string_view prefix, SpeedUnit unit) {
    const std::string name = unit == SpeedUnit::loadsPerSecond         ? "loadsPerSecond"
                             : unit == SpeedUnit::requestsPerCpuSecond ? "requestsPerCpuSecond"
                                                                       : "requestsPerSecond";
    if (prefix.empty()) return name;
    return std::string(prefix) + (unit == SpeedUnit::loadsPerSecond ? "L" : "R") + name.substr(1);
}

std::string percentText(double share) {
    const double percent = share * 100;
    // A small risk must not read as 0.
    if (percent > 0 && percent < 0.1) return fmt::format("{:.2g} %", std::max(percent, 1e-4));
    auto text = fmt::format("{:.1f}", percent);
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return text + " %";
}

std::string chanceText(double chance) {
    constexpr double most = 0.99;
    return chance > most ? "over 99 %" : fmt::format("{:.0f} %", chance * 100);
}

Evidence fromCells(const std::vector<const Candidate*>& cells) {
    std::vector<std::string> names;
    for (const auto* cell : cells) {
        if (cell == nullptr || cell->foreseen) continue;
        auto name = cellSource(cell->label, cell->settings.mode);
        if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    }
    return {"from", std::move(names)};
}

std::string cellSource(const std::string& label, Mode mode) {
    return fmt::format("bench cell {}/{}", label, toString(mode));
}

std::string trialSource(const Judgement& j, const SqueezeResult& squeeze, std::size_t trial) {
    return fmt::format("{} trial {}", squeezeName(j, squeeze), trial + 1);
}

std::vector<std::string> allTrials(const Judgement& j, const SqueezeResult& squeeze) {
    const auto count = squeeze.trials.size();
    if (count == 0) return {};
    if (count == 1) return {trialSource(j, squeeze, 0)};
    return {fmt::format("{} trials 1 to {}", squeezeName(j, squeeze), count)};
}

std::vector<std::string> confirmationLoads(int before, int last) {
    if (last <= before) return {};
    if (last == before + 1) return {fmt::format("confirmation load {}", last)};
    return {fmt::format("confirmation loads {} to {}", before + 1, last)};
}

std::string podSource(const LivePod& pod) {
    return "pod " + pod.name;
}

std::vector<std::string> podInUse(const Judgement& j) {
    if (!j.options.live || !j.options.liveUsage) return {};
    const auto& pods = j.options.live->pods;
    const auto found = std::ranges::find(pods, j.options.liveUsage, &LivePod::inUse);
    if (found == pods.end()) return {};
    return {podSource(*found)};
}

void addSources(Reason& reason, std::vector<std::string> from) {
    if (!from.empty()) reason.evidence.emplace_back("from", std::move(from));
}

std::vector<std::string> sourcesOf(const Reason& reason) {
    const auto found = std::ranges::find(reason.evidence, "from", &Evidence::first);
    if (found == reason.evidence.end()) return {};
    const auto* const names = std::get_if<std::vector<std::string>>(&found->second);
    return names == nullptr ? std::vector<std::string>() : *names;
}

}  // namespace memfit
