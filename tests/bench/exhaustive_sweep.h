#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <vector>

#include "commands/measure/squeeze_loop.h"

namespace memfit::bench {

/// Trials at one limit.
struct Row {
    Bytes limit = 0;
    int loads = 0;
    int killed = 0;
};

inline Row loadsAt(plugin::TrialSeries& trials, Bytes limit, int loads) {
    Row row{limit, 0, 0};
    for (; row.loads < loads; ++row.loads) {
        const auto record = trials.run(plainSettings(limit), loads - row.loads);
        if (!record) {
            fmt::print(stderr, "error: {}\n", record.error().message());
            std::exit(1);
        }
        if (isTooSmall(record->trial.outcome)) ++row.killed;
    }
    return row;
}

/// The limit at which half of the loads are killed, from the counts alone (Spearman-Kaerber: the
/// mean of the distribution whose steps the kill rates are, made monotone by pooling).
inline double edgeOf(std::vector<Row> rows) {
    std::vector<double> rate, weight;
    for (const auto& row : rows) {
        rate.push_back(static_cast<double>(row.killed) / row.loads);
        weight.push_back(1);
        while (rate.size() > 1 && rate[rate.size() - 2] < rate.back()) {
            const double both = weight.back() + weight[weight.size() - 2];
            const double mean =
                (rate.back() * weight.back() + rate[rate.size() - 2] * weight[weight.size() - 2]) /
                both;
            rate.pop_back();
            weight.pop_back();
            rate.back() = mean;
            weight.back() = both;
        }
    }
    std::vector<double> smooth;
    for (std::size_t i = 0; i < rate.size(); ++i) {
        smooth.insert(smooth.end(), static_cast<std::size_t>(weight[i]), rate[i]);
    }
    double edge = 0;
    for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
        const double middle = static_cast<double>(rows[i].limit + rows[i + 1].limit) / 2;
        edge += middle * (smooth[i] - smooth[i + 1]);
    }
    return edge;
}

/// From the last limit below which all loads are killed to the first above which none is.
struct Transition {
    Bytes low = 0;
    Bytes high = 0;
};

inline Transition transitionOf(const std::vector<Row>& rows) {
    const auto allKilled = [](const Row& row) { return row.killed == row.loads; };
    const auto noneKilled = [](const Row& row) { return row.killed == 0; };
    const auto firstSurvivor = std::ranges::find_if_not(rows, allKilled);
    const auto lastKill = std::ranges::find_if_not(rows.rbegin(), rows.rend(), noneKilled);
    Transition found{rows.front().limit, rows.back().limit};
    if (firstSurvivor != rows.begin()) found.low = std::prev(firstSurvivor)->limit;
    if (lastKill != rows.rbegin()) found.high = std::prev(lastKill)->limit;
    return found;
}

/// Loads every limit in steps around `start`, `loads` times each: down until everything is killed,
/// up until nothing is, at two limits in a row.
inline std::vector<Row> sweepAround(plugin::TrialSeries& trials, Bytes start, Bytes step,
                                    int loads) {
    std::vector<Row> rows{loadsAt(trials, start, loads)};
    const auto settled = [&](bool down, int killed) {
        if (rows.size() < 2) return false;
        const auto& a = down ? rows[0] : rows[rows.size() - 1];
        const auto& b = down ? rows[1] : rows[rows.size() - 2];
        return a.killed == killed && b.killed == killed;
    };
    while (!settled(true, loads) && rows.front().limit > step) {
        rows.insert(rows.begin(), loadsAt(trials, rows.front().limit - step, loads));
    }
    while (!settled(false, 0) && rows.back().limit < 4 * start) {
        rows.push_back(loadsAt(trials, rows.back().limit + step, loads));
    }
    return rows;
}

/// Squeezes, then loads every limit in steps of 0.5 MiB around, `loads` times each, and prints
/// both. How close they come is a figure to read: with a dozen trials and a demand that spreads,
/// it differs from run to run. Returns the exit code: 1 when the squeeze failed, or named an edge
/// at which, by the sweep, all loads are killed or none is.
inline int sweepAgainstSqueeze(plugin::TrialSeries& trials, int loads) {
    // Beside other work the demand spreads widely, and 24 trials were once too few.
    plugin::SqueezePlan plan;
    plan.search.maxTrials = 48;
    const auto squeezed = plugin::squeeze(trials, plan);
    if (squeezed.stopped || !squeezed.result.edge.estimate) {
        fmt::print(stderr, "error: squeeze: {}\n",
                   squeezed.stopped ? squeezed.stopped->message() : "no edge");
        return 1;
    }
    const Bytes estimate = *squeezed.result.edge.estimate;
    fmt::print("squeeze: edge {} ({} to {}), minimum {}, {} trials\n\n", formatMiB(estimate),
               formatMiB(*squeezed.result.edge.low), formatMiB(*squeezed.result.edge.high),
               squeezed.result.minimum ? formatMiB(*squeezed.result.minimum) : "none",
               squeezed.result.trials.size());

    constexpr Bytes step = MiB / 2;
    const auto rows = sweepAround(trials, estimate / step * step, step, loads);
    for (const auto& row : rows) {
        fmt::print("{:>9}  {} of {} killed\n", formatMiB(row.limit), row.killed, row.loads);
    }
    const double swept = edgeOf(rows);
    const double difference = static_cast<double>(estimate) / swept - 1;
    fmt::print(
        "\nsweep: edge {:.2f} MiB; squeeze named {:.2f} MiB, {:+.1f} %; target within 5 %: {}\n",
        swept / static_cast<double>(MiB), static_cast<double>(estimate) / static_cast<double>(MiB),
        difference * 100, std::abs(difference) <= 0.05 ? "reached" : "missed");
    const auto transition = transitionOf(rows);
    const bool within = estimate >= transition.low && estimate <= transition.high;
    fmt::print("sweep: all killed at {}, none at {}: the edge that squeeze named is {}\n",
               formatMiB(transition.low), formatMiB(transition.high),
               within ? "between" : "not between, which is wrong");
    return within ? 0 : 1;
}

}  // namespace memfit::bench
