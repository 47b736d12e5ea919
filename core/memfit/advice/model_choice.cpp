#include <algorithm>
#include <cmath>

#include "memfit/advice/judgement.h"
#include "memfit/bench/price_rounds.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

std::vector<PriceCell> cellsOf(const std::vector<Candidate>& candidates) {
    std::vector<PriceCell> cells;
    for (const auto& candidate : candidates) {
        PriceCell cell{candidate.settings, {}};
        int place = 0;
        for (const auto& run : candidate.measured) cell.runs.push_back(priceRun(run, place++));
        cells.push_back(std::move(cell));
    }
    return cells;
}

/// Without repeats nothing but the law tells noise from a difference.
bool repeated(const std::vector<Candidate>& candidates) {
    constexpr std::ptrdiff_t fewest = 2;
    return std::ranges::count_if(candidates,
                                 [](const Candidate& cell) { return cell.runs >= 2; }) >= fewest;
}

Estimate estimateOf(std::vector<double> values) {
    return {quantile(values, 0.5).value_or(0), quantile(values, 0.025).value_or(0),
            quantile(values, 0.975).value_or(0)};
}

/// In each draw, what log(speed) and the cost on the log scale come to together: the typical
/// measured speed at the costs that the draw has.
std::vector<double> levels(const Judgement& j) {
    const auto& cells = j.candidates.cells;
    std::vector<double> all(j.model->draws());
    double weight = 0;
    for (std::size_t i = 0; i < j.model->cells().size(); ++i) {
        const auto count = static_cast<double>(cells[i].speeds.size());
        if (!cells[i].speed || cells[i].speed->median <= 0) continue;
        weight += count;
        for (std::size_t d = 0; d < all.size(); ++d)
            all[d] += count * (std::log(cells[i].speed->median) + j.model->logCost(d, i));
    }
    for (auto& level : all) level /= std::max(weight, 1.0);
    return all;
}

void setSpeeds(Judgement& j) {
    auto& candidates = j.candidates;
    if (j.model->figure() == CostFigure::cpu) candidates.unit = SpeedUnit::requestsPerCpuSecond;
    for (auto& cell : candidates.cells) fillSpeeds(cell, candidates.unit);
    const auto level = levels(j);
    for (std::size_t i = 0; i < candidates.cells.size(); ++i) {
        std::vector<double> speeds;
        speeds.reserve(level.size());
        for (std::size_t d = 0; d < level.size(); ++d)
            speeds.push_back(std::exp(level[d] - j.model->logCost(d, i)));
        auto& cell = candidates.cells[i];
        cell.speed = estimateOf(std::move(speeds));
        if (!cell.settings.limit && cell.settings.mode == Mode::plain)
            candidates.unlimitedSpeed = cell.speed->median;
    }
    candidates.modelled = true;
}

std::size_t placeOf(Judgement& j, const PriceChoice& price) {
    auto& cells = j.candidates.cells;
    if (price.chosen.cell) return *price.chosen.cell;
    Candidate foreseen;
    foreseen.label = formatQuantity(price.chosen.settings.limit.value_or(0));
    foreseen.settings = price.chosen.settings;
    foreseen.foreseen = true;
    const auto level = levels(j);
    std::vector<double> speeds;
    for (std::size_t d = 0; d < level.size(); ++d)
        speeds.push_back(std::exp(level[d] - price.chosenCosts[d]));
    foreseen.speed = estimateOf(std::move(speeds));
    cells.push_back(std::move(foreseen));
    return cells.size() - 1;
}

bool isUnlimited(const Candidate& cell) {
    return !cell.settings.limit && cell.settings.mode == Mode::plain;
}

}  // namespace

PriceAim aimOf(Policy policy, double tolerance) {
    PriceAim aim;
    aim.tolerance = policy == Policy::fast ? fastTolerance : tolerance;
    aim.againstUnlimited = policy == Policy::lean;
    aim.gomemlimitIfNotWorse = policy == Policy::lean;
    return aim;
}

void fitModel(Judgement& j) {
    auto& candidates = j.candidates;
    if (candidates.cells.empty() || candidates.unit == SpeedUnit::unknown) return;
    // The run without a limit that lean is held against was another document's.
    const bool elsewhere = j.options.policy == Policy::lean && candidates.unlimitedSpeed &&
                           std::ranges::none_of(candidates.cells, isUnlimited);
    if (j.options.policy == Policy::noLimit || elsewhere) return;
    auto model =
        PriceModel::fit(cellsOf(candidates.cells), j.header.environment.firstUseSecondsPerMiB);
    if (!model) return;
    if (!repeated(candidates.cells) && model->law() != LawState::holds) return;
    j.model = std::make_shared<const PriceModel>(*std::move(model));
    setSpeeds(j);
}

std::optional<Choice> chooseByModel(Judgement& j, std::optional<Bytes> atLeast) {
    if (!j.model) return choose(j.candidates, j.options.policy, j.options.tolerance, atLeast);
    auto& cells = j.candidates.cells;
    auto aim = aimOf(j.options.policy, j.options.tolerance);
    aim.atLeast = atLeast;
    auto price = chooseByPrice(*j.model, aim);
    if (!price) return std::nullopt;
    std::erase_if(cells, [](const Candidate& cell) { return cell.foreseen; });
    Choice choice;
    const auto best = std::ranges::max_element(
        cells, {}, [](const Candidate& cell) { return cell.speed->median; });
    choice.best = static_cast<std::size_t>(best - cells.begin());
    choice.reference = best->speed->median;
    if (j.options.policy == Policy::lean && j.candidates.unlimitedSpeed)
        choice.reference = j.candidates.unlimitedSpeed;
    choice.chosen = placeOf(j, *price);
    j.price = std::move(price);
    return choice;
}

}  // namespace memfit
