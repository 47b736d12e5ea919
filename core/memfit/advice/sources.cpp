// Where the evidence of a reason comes from.

#include <fmt/format.h>

#include <algorithm>

#include "memfit/advice/judgement.h"

namespace memfit {

namespace {

std::string squeezeName(const Judgement& j, const SqueezeResult& squeeze) {
    if (j.squeezes.size() < 2) return "squeeze";
    const auto found = std::ranges::find(j.squeezes, &squeeze);
    return fmt::format("squeeze {}", found - j.squeezes.begin() + 1);
}

}  // namespace

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
