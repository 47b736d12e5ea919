#include "memfit/bench/price_rounds.h"

#include <algorithm>

#include "memfit/bench/bench_plan.h"

namespace memfit {

namespace {

/// Sharpness at which no rival is worth another load. The law shares what every cell shows among
/// all of them, so that less does (decide_simulation: a third fewer loads, as many benches agree).
constexpr double sharp = 0.92;
constexpr double sharpByLaw = 0.85;

/// Rounds of all cells after which a choice that is right is settled even where a rival is as
/// right.
constexpr std::size_t enoughRounds = 4;

bool failedEnough(const BenchCell& cell) {
    return std::ranges::count_if(cell.runs, [](const BenchRun& run) {
               return isTooSmall(run.outcome);
           }) >= enoughFailures;
}

bool tookPlace(const BenchRun& run) {
    return saysSomethingAboutTheEdge(run.outcome);
}

std::vector<std::size_t> cellsLeft(const BenchResult& done) {
    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < done.cells.size(); ++i)
        if (!failedEnough(done.cells[i])) left.push_back(i);
    return left;
}

std::size_t loadsOf(const BenchResult& done) {
    std::size_t loads = 0;
    for (const auto& cell : done.cells) loads += cell.runs.size();
    return loads;
}

std::vector<std::size_t> shuffled(const std::vector<std::size_t>& cells, std::uint64_t seed) {
    std::vector<std::size_t> order;
    const auto blocks = shuffledBlocks(cells.size(), 1, seed);
    for (const auto place : blocks.front()) order.push_back(cells[place]);
    return order;
}

void add(std::vector<std::size_t>& cells, std::size_t cell) {
    if (std::ranges::find(cells, cell) == cells.end()) cells.push_back(cell);
}

/// The benched cell that stands for a setting between cells: the next larger one of its mode.
std::optional<std::size_t> nearest(const std::vector<PriceCell>& cells, const Settings& settings) {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto& its = cells[i].settings;
        if (its.mode != settings.mode || !its.limit || !settings.limit) continue;
        if (*its.limit < *settings.limit) continue;
        if (!found || *its.limit < *cells[*found].settings.limit) found = i;
    }
    return found;
}

}  // namespace

PriceRun priceRun(const BenchRun& run, int block) {
    PriceRun price;
    price.block = run.block.value_or(block);
    if (run.load) {
        if (const auto successes = run.load->successes()) {
            if (*successes == 0)
                return price;  // a failed request does not cost what a request costs
            price.requests = static_cast<double>(*successes);
        }
        const auto& rate = run.load->requestsPerSecond;
        const auto& time = run.load->totalSeconds;
        if (rate && *rate > 0)
            price.clockSeconds = 1 / *rate;
        else if (!rate && time && *time > 0)
            price.clockSeconds = *time / price.requests.value_or(1);
    }
    if (run.usage)
        if (const auto most = run.usage->demand ? run.usage->demand : run.usage->peak; most)
            price.inUseBytes = static_cast<double>(*most);
    if (!run.cost) return price;
    if (run.cost->cpuSeconds && *run.cost->cpuSeconds > 0)
        price.cpuSeconds = *run.cost->cpuSeconds / price.requests.value_or(1);
    if (run.cost->collections) price.collections = static_cast<double>(*run.cost->collections);
    if (run.cost->allocated) price.allocatedBytes = static_cast<double>(*run.cost->allocated);
    return price;
}

PriceCells priceCells(const std::vector<BenchCell>& cells) {
    PriceCells found;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        PriceCell cell{cells[i].settings, {}};
        bool failed = false;
        int place = 0;
        for (const auto& run : cells[i].runs) {
            failed = failed || (tookPlace(run) && run.outcome != Outcome::survived);
            if (run.outcome == Outcome::survived) cell.runs.push_back(priceRun(run, place));
            ++place;
        }
        if (failed || cell.runs.empty()) continue;
        found.cells.push_back(std::move(cell));
        found.included.push_back(i);
    }
    return found;
}

RoundPlan nextRound(const BenchResult& done, int round, const PriceAim& aim,
                    const RoundLimits& limits, std::uint64_t seed) {
    RoundPlan plan;
    const auto left = cellsLeft(done);
    const auto loads = loadsOf(done);
    const auto most = static_cast<std::size_t>(std::max(limits.loads, 0));
    const auto finish = [&](std::vector<std::size_t> cells) {
        if (round >= limits.rounds || (round > 0 && loads + cells.size() > most)) cells.clear();
        plan.cells = shuffled(cells, seed + static_cast<std::uint64_t>(round));
        return std::move(plan);
    };
    if (round == 0) return finish(left);
    const auto known = priceCells(done.cells);
    const auto model = PriceModel::fit(known.cells, done.header.environment.firstUseSecondsPerMiB);
    if (!model) return finish(left);
    plan.choice = chooseByPrice(*model, aim);
    if (!plan.choice) return finish(left);
    // The law is believed where two runs of every cell do not contradict it.
    if (round == 1 && model->law() == LawState::holds) return finish(left);
    const auto& choice = *plan.choice;
    const bool sure = choice.probability >= settledAt && round >= 2;
    const double enough = model->law() == LawState::holds ? sharpByLaw : sharp;
    plan.settled =
        sure && (choice.sharpness >= enough || loads >= enoughRounds * done.cells.size());
    if (plan.settled) return finish({});
    std::vector<std::size_t> next;
    for (const auto cell : choice.teach) add(next, known.included[cell]);
    if (const auto cell =
            choice.chosen.cell ? choice.chosen.cell : nearest(known.cells, choice.chosen.settings))
        add(next, known.included[*cell]);
    // A round of one cell tells nothing: what blocks have in common is not seen.
    if (next.size() < 2) next = left;
    return finish(std::move(next));
}

}  // namespace memfit
