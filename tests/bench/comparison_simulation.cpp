// How often compare() calls equal cells different, how often it sees a true difference, what other
// tests would do in its place, and how often estimate() holds the true median. Prints tables; ends
// with 1 when equal cells of equal noise come out different in more than 7 % of 1,000 pairs (5 %
// and what chance adds to it).

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "memfit/trial/comparison.h"
#include "memfit/trial/statistics.h"

namespace {

using memfit::BlockedValue;
using Cell = std::vector<BlockedValue>;
using Bench = std::vector<Cell>;  // the pair first, then the other cells
using Random = std::mt19937_64;

double normal(Random& random) {
    return std::normal_distribution<double>()(random);
}

double uniform(Random& random) {
    return std::uniform_real_distribution<double>()(random);
}

struct Noise {
    std::string name;
    std::function<double(Random&)> draw;  // in units of the noise CV
};

const std::array<Noise, 4> noises{
    Noise{"normal", normal},
    Noise{"Student t3",
          [](Random& random) {
              return std::student_t_distribution<double>(3)(random) / std::sqrt(3.0);
          }},
    Noise{"lognormal, slow tail",
          [](Random& random) { return -std::exp(0.9 * normal(random)) / 1.6; }},
    Noise{"10 % slow runs",
          [](Random& random) {
              const double usual = normal(random);
              return uniform(random) < 0.1 ? usual - 5 - 5 * uniform(random) : usual;
          }},
};

enum class Drift { none, linear, walk, step };

struct Scenario {
    std::string name;
    std::size_t noise = 0;
    Drift drift = Drift::none;
    double cv = 0.03;
    double firstCellNoise = 1;  // times that of the second
    double pairNoise = 1;       // times that of the other cells
    double missing = 0;         // share of runs that were killed
    double grain = 0;           // figures are rounded to this
};

constexpr double driftSize = 0.2;

class Drifting {
public:
    Drifting(Drift kind, std::size_t runs, Random& random)
        : kind_(kind), runs_(static_cast<double>(runs)), random_(random) {
        stepAt_ = std::floor(1 + uniform(random) * (runs_ - 1));
    }

    /// `at`: time since the start, in blocks.
    double next(double at) {
        if (kind_ == Drift::linear) return -driftSize * at / runs_;
        if (kind_ == Drift::step) return at >= stepAt_ ? -driftSize : 0;
        if (kind_ == Drift::walk) {
            walked_ += driftSize * std::sqrt((at - last_) / runs_) * normal(random_);
            last_ = at;
        }
        return walked_;
    }

private:
    Drift kind_;
    double runs_;
    Random& random_;
    double stepAt_ = 0;
    double walked_ = 0;
    double last_ = 0;
};

Bench simulate(const Scenario& scenario, std::size_t others, std::size_t runs, double ratio,
               Random& random) {
    const std::size_t cells = others + 2;
    Bench bench(cells);
    Drifting drift(scenario.drift, runs, random);
    std::vector<std::size_t> order(cells);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t block = 0; block < runs; ++block) {
        std::ranges::shuffle(order, random);
        for (std::size_t position = 0; position < cells; ++position) {
            const auto cell = order[position];
            const double at = static_cast<double>(block) +
                              static_cast<double>(position) / static_cast<double>(cells);
            double scale = scenario.cv;
            if (cell < 2) scale *= scenario.pairNoise;
            if (cell == 0) scale *= scenario.firstCellNoise;
            const double common = drift.next(at);
            double level = std::log(30.0) + (cell == 0 ? std::log(ratio) : 0);
            if (cell >= 2) level -= 0.1 * static_cast<double>(cell);
            double value =
                std::exp(level + common + scale * noises.at(scenario.noise).draw(random));
            if (scenario.grain > 0) value = std::round(value / scenario.grain) * scenario.grain;
            if (uniform(random) >= scenario.missing)
                bench[cell].push_back({static_cast<int>(block), value});
        }
    }
    return bench;
}

using Test = std::function<bool(const Bench&, Random&)>;

bool libraryTest(const Bench& bench, Random&) {
    const auto difference = memfit::compare(bench[0], bench[1], std::span(bench).subspan(2));
    return difference && difference->significant;
}

bool pairedTest(const Bench& bench, Random&) {
    const auto difference = memfit::compare(bench[0], bench[1]);
    return difference && difference->significant;
}

using Logs = std::vector<double>;

Logs logs(const Cell& cell) {
    Logs values;
    for (const auto& each : cell) values.push_back(std::log(each.value));
    return values;
}

double mean(const Logs& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double squares(const Logs& values) {
    const double centre = mean(values);
    double sum = 0;
    for (const double value : values) sum += (value - centre) * (value - centre);
    return sum;
}

double criticalT(double freedom) {
    return boost::math::quantile(boost::math::complement(boost::math::students_t(freedom), 0.025));
}

bool unblockedT(const Bench& bench, Random&) {
    const auto a = logs(bench[0]);
    const auto b = logs(bench[1]);
    const auto n = static_cast<double>(a.size());
    const double variance = (squares(a) + squares(b)) / (2 * n - 2);
    return std::abs(mean(a) - mean(b)) > criticalT(2 * n - 2) * std::sqrt(variance * 2 / n);
}

/// Levels of the blocks by the median over the other cells, taken off the pair.
std::pair<Logs, Logs> aligned(const Bench& bench) {
    auto a = logs(bench[0]);
    auto b = logs(bench[1]);
    std::vector<Logs> rests;
    for (std::size_t cell = 2; cell < bench.size(); ++cell) {
        rests.push_back(logs(bench[cell]));
        const double level = memfit::median(rests.back()).value_or(0);
        for (auto& value : rests.back()) value -= level;
    }
    for (std::size_t block = 0; block < a.size(); ++block) {
        Logs column;
        for (const auto& rest : rests) column.push_back(rest[block]);
        const double effect = memfit::median(column).value_or(0);
        a[block] -= effect;
        b[block] -= effect;
    }
    return {a, b};
}

bool welchT(const Bench& bench, Random&) {
    const auto [a, b] = aligned(bench);
    const auto n = static_cast<double>(a.size());
    const double va = squares(a) / (n - 1);
    const double vb = squares(b) / (n - 1);
    const double freedom = (va + vb) * (va + vb) * (n - 1) / (va * va + vb * vb);
    return std::abs(mean(a) - mean(b)) > criticalT(freedom) * std::sqrt((va + vb) / n);
}

bool pooledT(const Bench& bench, Random&) {
    std::vector<Logs> rests;
    for (const auto& cell : bench) {
        rests.push_back(logs(cell));
        const double level = mean(rests.back());
        for (auto& value : rests.back()) value -= level;
    }
    const auto n = rests.front().size();
    double sum = 0;
    for (std::size_t block = 0; block < n; ++block) {
        Logs column;
        for (const auto& rest : rests) column.push_back(rest[block]);
        sum += squares(column);
    }
    const auto freedom = static_cast<double>((rests.size() - 1) * (n - 1));
    const double error = std::sqrt(sum / freedom * 2 / static_cast<double>(n));
    return std::abs(mean(logs(bench[0])) - mean(logs(bench[1]))) > criticalT(freedom) * error;
}

/// Exact over all splits of the aligned values into two cells; `statistic` of (first, second).
bool permutation(const Bench& bench, double (*statistic)(const Logs&, const Logs&)) {
    const auto [a, b] = aligned(bench);
    Logs all = a;
    all.insert(all.end(), b.begin(), b.end());
    const double seen = std::abs(statistic(a, b)) - 1e-12;
    std::vector<char> first(all.size(), 0);
    std::fill_n(first.begin(), a.size(), char{1});
    int splits = 0;
    int asFar = 0;
    do {
        Logs x;
        Logs y;
        for (std::size_t i = 0; i < all.size(); ++i) (first[i] != 0 ? x : y).push_back(all[i]);
        ++splits;
        if (std::abs(statistic(x, y)) >= seen) ++asFar;
    } while (std::ranges::prev_permutation(first).found);
    return asFar <= 0.05 * splits;
}

bool permutedMean(const Bench& bench, Random&) {
    return permutation(bench, [](const Logs& x, const Logs& y) { return mean(x) - mean(y); });
}

bool rankSum(const Bench& bench, Random&) {
    return permutation(bench, [](const Logs& x, const Logs& y) {
        double wins = 0;
        for (const double value : x)
            wins += static_cast<double>(
                std::ranges::count_if(y, [&](double other) { return value > other; }));
        return wins - static_cast<double>(x.size() * y.size()) / 2;
    });
}

bool bootstrapMean(const Bench& bench, Random& random) {
    constexpr std::size_t rounds = 1000;
    const auto a = logs(bench[0]);
    const auto b = logs(bench[1]);
    std::vector<double> differences;
    for (std::size_t round = 0; round < rounds; ++round) {
        double sum = 0;
        for (std::size_t i = 0; i < a.size(); ++i)
            sum += a[random() % a.size()] - b[random() % b.size()];
        differences.push_back(sum);
    }
    std::ranges::sort(differences);
    return differences[rounds / 40] > 0 || differences[rounds - rounds / 40 - 1] < 0;
}

double percent(const Test& test, const Scenario& scenario, std::size_t others, std::size_t runs,
               double ratio, int pairs) {
    Random random(20240229 + runs * 7 + others);
    int significant = 0;
    for (int pair = 0; pair < pairs; ++pair)
        if (test(simulate(scenario, others, runs, ratio, random), random)) ++significant;
    return 100.0 * significant / pairs;
}

std::vector<Scenario> equalCells() {
    std::vector<Scenario> list;
    const std::array<std::string, 4> driftNames{"", ", linear drift", ", random walk", ", step"};
    for (std::size_t noise = 0; noise < noises.size(); ++noise)
        for (std::size_t drift = 0; drift < driftNames.size(); ++drift)
            list.push_back({.name = noises.at(noise).name + driftNames.at(drift),
                            .noise = noise,
                            .drift = static_cast<Drift>(drift)});
    list.push_back({.name = "normal 1 %, linear drift", .drift = Drift::linear, .cv = 0.01});
    list.push_back({.name = "pair 3 x as noisy as others", .pairNoise = 3});
    list.push_back({.name = "others 3 x as noisy as pair", .cv = 0.09, .pairNoise = 1.0 / 3});
    list.push_back({.name = "a fifth of the runs killed", .drift = Drift::linear, .missing = 0.2});
    list.push_back({.name = "rounded, 3 %", .cv = 0.01, .grain = 1});
    return list;
}

constexpr std::array<std::size_t, 4> runCounts{3, 5, 7, 10};
constexpr std::array<std::size_t, 2> otherCounts{7, 0};

bool printEqualCells(int pairs) {
    fmt::print("Equal cells called different, % of {} pairs (drift of 20 %, noise CV 3 %)\n",
               pairs);
    fmt::print("{:<38}{:>28}{:>28}\n{:<38}", "", "7 other cells", "no other cells", "runs");
    for ([[maybe_unused]] const auto others : otherCounts)
        for (const auto runs : runCounts) fmt::print("{:>7}", runs);
    fmt::print("\n");
    double worst = 0;
    double sum = 0;
    int count = 0;
    for (const auto& scenario : equalCells()) {
        fmt::print("{:<38}", scenario.name);
        for (const auto others : otherCounts)
            for (const auto runs : runCounts) {
                const double share = percent(libraryTest, scenario, others, runs, 1, pairs);
                worst = std::max(worst, share);
                sum += share;
                ++count;
                fmt::print("{:>7.1f}", share);
            }
        fmt::print("\n");
    }
    fmt::print("worst {:.1f}, mean {:.1f}\n\n", worst, sum / count);
    return worst <= 7;
}

void printPower(int pairs) {
    fmt::print("A true difference of 10 % seen, % of {} pairs\n", pairs);
    fmt::print("{:<38}{:>28}{:>28}\n{:<38}", "", "7 other cells", "no other cells", "runs");
    for ([[maybe_unused]] const auto others : otherCounts)
        for (const auto runs : runCounts) fmt::print("{:>7}", runs);
    fmt::print("\n");
    std::vector<Scenario> list;
    for (const double cv : {0.01, 0.03, 0.05})
        list.push_back({.name = fmt::format("normal {:.0f} %", 100 * cv), .cv = cv});
    for (std::size_t noise = 1; noise < noises.size(); ++noise)
        list.push_back({.name = noises.at(noise).name + " 3 %", .noise = noise});
    list.push_back({.name = "normal 3 %, linear drift", .drift = Drift::linear});
    list.push_back({.name = "normal 3 %, random walk", .drift = Drift::walk});
    for (const auto& scenario : list) {
        fmt::print("{:<38}", scenario.name);
        for (const auto others : otherCounts)
            for (const auto runs : runCounts)
                fmt::print("{:>7.1f}", percent(libraryTest, scenario, others, runs, 1.1, pairs));
        fmt::print("\n");
    }
    fmt::print("\n");
}

struct Candidate {
    std::string name;
    Test test;
};

void printCandidates(std::size_t runs, int pairs) {
    const std::array<Candidate, 8> candidates{
        Candidate{"compare", libraryTest},  Candidate{"paired", pairedTest},
        Candidate{"unblock", unblockedT},   Candidate{"Welch", welchT},
        Candidate{"permut.", permutedMean}, Candidate{"ranks", rankSum},
        Candidate{"pooled", pooledT},       Candidate{"bootstr", bootstrapMean},
    };
    struct Row {
        Scenario scenario;
        double ratio;
    };
    const std::array rows{
        Row{{.name = "normal 3 %"}, 1},
        Row{{.name = "10 % slow runs", .noise = 3}, 1},
        Row{{.name = "linear drift", .drift = Drift::linear}, 1},
        Row{{.name = "pair 3 x as noisy as others", .pairNoise = 3}, 1},
        Row{{.name = "one cell 4 x as noisy", .firstCellNoise = 4}, 1},
        Row{{.name = "normal 3 %"}, 1.1},
        Row{{.name = "normal 5 %", .cv = 0.05}, 1.1},
        Row{{.name = "10 % slow runs", .noise = 3}, 1.1},
        Row{{.name = "linear drift", .drift = Drift::linear}, 1.1},
        Row{{.name = "others 3 x as noisy as pair", .cv = 0.09, .pairNoise = 1.0 / 3}, 1.1},
    };
    fmt::print("Tests side by side, {} runs, 7 other cells, % of {} pairs called different\n{:<38}",
               runs, pairs, "");
    for (const auto& candidate : candidates) fmt::print("{:>9}", candidate.name);
    fmt::print("\n");
    for (const auto& [scenario, ratio] : rows) {
        fmt::print("{:<38}", (ratio > 1 ? "10 % apart: " : "equal: ") + scenario.name);
        for (const auto& candidate : candidates)
            fmt::print("{:>9.1f}", percent(candidate.test, scenario, 7, runs, ratio, pairs));
        fmt::print("\n");
    }
    fmt::print("\n");
}

void printCoverage(int samples) {
    constexpr std::array<std::size_t, 9> counts{2, 3, 4, 5, 6, 7, 10, 20, 30};
    fmt::print(
        "Intervals of estimate() that hold the true median, % of {} samples (CV 3 %)\n{:<38}",
        samples, "values");
    for (const auto count : counts) fmt::print("{:>7}", count);
    fmt::print("\n");
    Random random(7);
    for (const auto& noise : noises) {
        const auto draw = [&] { return std::exp(0.03 * noise.draw(random)); };
        std::vector<double> many(1'000'001);
        std::ranges::generate(many, draw);
        const double truth = memfit::median(many).value_or(0);
        fmt::print("{:<38}", noise.name);
        for (const auto count : counts) {
            int held = 0;
            for (int sample = 0; sample < samples; ++sample) {
                std::vector<double> values(count);
                std::ranges::generate(values, draw);
                const auto interval = memfit::estimate(values);
                if (interval && interval->low <= truth && truth <= interval->high) ++held;
            }
            fmt::print("{:>7.1f}", 100.0 * held / samples);
        }
        fmt::print("\n");
    }
    fmt::print("\n");
}

}  // namespace

int main(int argc, char** argv) {
    const int pairs = argc > 1 ? std::atoi(argv[1]) : 1000;
    if (pairs <= 0) {
        fmt::print(stderr, "usage: comparison_simulation [PAIRS]\n");
        return EXIT_FAILURE;
    }
    const bool held = printEqualCells(pairs);
    printPower(pairs);
    printCandidates(3, pairs);
    printCandidates(5, pairs);
    printCoverage(10 * pairs);
    return held ? EXIT_SUCCESS : EXIT_FAILURE;
}
