/// How often does a bench lead to the right advice, and how often do two benches of one service
/// lead to the same?
///     decide_simulation [--worlds N] [--noise PERCENT] [--seed N]
/// The model was tuned and its chances were calibrated on worlds of the default seed; another one
/// shows what that is worth.
/// A world is a service whose true speed in every cell is known. Its bench runs rounds as the
/// program does, until the choice is settled. Printed for every kind of world and every noise (of
/// throughput by the clock, a run):
///     right     throughput at most 3 points beyond the tolerance of 5 %
///     memory    advised over the right limit, mean
///     agree     of two benches of one world: limits within a tenth, the same mode
///     loads     of a bench, mean and most
///     law       used, and not found to be off
///     said, so  the chance that the advice states, mean, and how often it was right
/// CPU time of a request scatters by a third of that, collections by 3 %.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "memfit/advice/recommendation.h"
#include "memfit/bench/price_rounds.h"
#include "support/simulated_world.h"

namespace {

using namespace memfit;
using memfit::test::Random;

constexpr double tolerance = 0.05;
constexpr double requests = 600;

enum class Shape { published, flat, random, law, mapped, cached };

struct Kind {
    std::string_view name;
    Shape shape = Shape::law;
    bool cpu = true;     ///< runs tell CPU time
    bool heavy = false;  ///< noise with heavy tails (Student's t with 3 degrees of freedom)
    bool target = true;  ///< the figures of the targets are asked of it
};

/// What the targets require at a level of noise.
struct Target {
    double noise = 0;
    double right = 0;
    double memory = 0;
    double agree = 0;
    double loads = 0;
};

constexpr std::array targets{Target{0.05, 0.99, 1.05, 0.90, 25}, Target{0.10, 0.97, 1.10, 0.80, 30},
                             Target{0.20, 0.95, 1.15, 0.70, 40}};

constexpr std::array kinds{
    Kind{"law", Shape::law},
    Kind{"law, heavy tails", Shape::law, true, true},
    Kind{"published", Shape::published},
    Kind{"flat", Shape::flat},
    Kind{"steps", Shape::random},
    Kind{"published, clock alone", Shape::published, false},
    Kind{"flat, clock alone", Shape::flat, false},
    Kind{"steps, clock alone", Shape::random, false},
    Kind{"file pages cost too", Shape::mapped, true, false, false},
    Kind{"cache sized by limit", Shape::cached, true, false, false},
};

/// A service: cells, their true speeds, and what else their runs tell.
struct World {
    std::vector<Settings> settings;
    std::vector<double> speeds;
    std::vector<double> collections;  ///< a load; empty: not told
    double allocated = 0;             ///< MiB a load, times the excess
    double excess = 1;                ///< of collections, over what is allocated makes up for
    /// Speed with GOMEMLIMIT = limit (MiB) between the cells; null: cells alone can be advised.
    double fixed = 0;
    double price = 0;
    double pages = 0;
    bool anyLimit = false;
    bool cpuTellsAll = true;

    [[nodiscard]] double speedWith(double limit) const {
        return 100 / (1 + (price * allocated / (limit - fixed)) + (pages / limit));
    }
    [[nodiscard]] std::optional<double> speedOf(const AdvisedSettings& advised) const {
        const auto wanted = trialSettings(advised);
        for (std::size_t i = 0; i < settings.size(); ++i)
            if (settings[i] == wanted) return speeds[i];
        if (!anyLimit || !advised.limit || wanted.mode == Mode::plain) return std::nullopt;
        return speedWith(static_cast<double>(*advised.limit) / static_cast<double>(MiB));
    }
    [[nodiscard]] double best() const { return std::ranges::max(speeds); }
};

void addCell(World& world, std::optional<Bytes> limit, Mode mode, double speed) {
    world.settings.push_back(mode == Mode::plain ? plainSettings(limit)
                                                 : gomemlimitSettings(*limit, *limit));
    world.speeds.push_back(speed);
}

World cellsOf(const std::array<std::array<double, 2>, 4>& speeds) {
    World world;
    addCell(world, std::nullopt, Mode::plain, 100);
    constexpr std::array<Bytes, 4> limits{18 * MiB, 23 * MiB, 36 * MiB, 72 * MiB};
    for (std::size_t i = 0; i < limits.size(); ++i) {
        addCell(world, limits[i], Mode::plain, 100 * speeds[i][0]);
        addCell(world, limits[i], Mode::gomemlimit, 100 * speeds[i][1]);
    }
    return world;
}

/// Collections follow the law, with an excess as seen on real programs. The cost follows them, and
/// with `pages` also the pages of files that fit beside the heap; a `cached` service collects by
/// the law, but allocates less the more it may keep.
World lawWorld(Random& random, Shape shape) {
    World world;
    world.anyLimit = true;
    world.fixed = std::exp(random.uniform(std::log(9), std::log(300)));
    const double live = world.fixed * random.uniform(0.2, 0.6);
    auto least = std::ceil(world.fixed * random.uniform(1.06, 1.4));
    if (least < world.fixed * 1.02) ++least;
    const double plain = 80 * random.uniform(0.3, 1.5);
    world.allocated = plain * live;
    world.price = random.uniform(0, 0.45) / plain;
    world.excess = std::exp(random.uniform(0, 0.1));
    if (shape == Shape::mapped) world.pages = least * random.uniform(0, 0.5);
    const std::array limits{least, std::ceil(least * random.uniform(1.2, 1.7)), 2 * least,
                            4 * least};
    const auto bytes = [](double size) { return static_cast<Bytes>(size) * MiB; };
    const double shrink = shape == Shape::cached ? random.uniform(0.2, 0.8) : 0;
    const auto plainSpeed = [&](double limit) {
        return 100 / (1 + (world.price * plain) + (world.pages / limit));
    };
    addCell(world, std::nullopt, Mode::plain, plainSpeed(1e9));
    world.collections.push_back(plain);
    for (const double limit : limits) {
        addCell(world, bytes(limit), Mode::plain, plainSpeed(limit));
        world.collections.push_back(plain);
        const double room = std::pow(limit / least, -shrink);
        addCell(world, bytes(limit), Mode::gomemlimit,
                shape == Shape::cached
                    ? 100 / (1 + (world.price * room * world.allocated / (limit - world.fixed)))
                    : world.speedWith(limit));
        world.collections.push_back(room * world.allocated / (limit - world.fixed));
    }
    if (shape == Shape::cached) world.anyLimit = false;
    return world;
}

World worldOf(const Kind& kind, Random& random) {
    switch (kind.shape) {
        case Shape::published:
            return cellsOf({{{0.96, 0.99}, {1, 1.12}, {1, 1.18}, {1, 1.20}}});
        case Shape::flat:
            return cellsOf({{{1, 1}, {1, 1}, {1, 1}, {1, 1}}});
        case Shape::random: {
            const double gain = random.uniform(0, 0.25);
            const double least = random.uniform(0.85, 1);
            const double leastTwin = least * random.uniform(0.9, 1.02);
            const double second = random.uniform(least, 1);
            const double secondTwin = 1 + (gain * random.uniform(0.4, 0.8));
            const double thirdTwin = 1 + (gain * random.uniform(0.8, 1));
            return cellsOf(
                {{{least, leastTwin}, {second, secondTwin}, {1, thirdTwin}, {1, 1 + gain}}});
        }
        default:
            return lawWorld(random, kind.shape);
    }
}

/// Runs of one bench: a drift that all share, and noise of their own.
class Runs {
public:
    Runs(const World& world, const Kind& kind, double noise, Random& random)
        : world_(world), kind_(kind), noise_(noise), random_(random) {}

    BenchRun run(std::size_t cell, int round) {
        drift_ = (0.95 * drift_) + (noise_ / 4 * random_.normal());
        BenchRun run;
        run.outcome = Outcome::survived;
        run.block = round;
        run.load = LoadReport{};
        run.load->requests = static_cast<std::int64_t>(requests);
        run.load->errors = 0;
        const double speed = world_.speeds[cell];
        run.load->requestsPerSecond = speed * std::exp(drift_ + (noise_ * own()));
        run.cost = Cost{};
        if (kind_.cpu)
            run.cost->cpuSeconds =
                requests / (speed * std::exp((drift_ / 3) + (noise_ / 3 * own())));
        if (!world_.collections.empty()) {
            constexpr double scatter = 0.03;
            const double count = world_.collections[cell] * (1 + (scatter * random_.normal()));
            run.cost->collections = static_cast<std::int64_t>(std::max(0.0, std::round(count)));
            run.cost->allocated =
                static_cast<Bytes>(world_.allocated / world_.excess * static_cast<double>(MiB));
        }
        return run;
    }

private:
    double own() {
        if (!kind_.heavy) return random_.normal();
        // Student's t with 3 degrees of freedom, of variance 1.
        double squares = 0;
        for (int i = 0; i < 3; ++i) squares += std::pow(random_.normal(), 2);
        return random_.normal() / std::sqrt(squares);
    }

    const World& world_;
    const Kind& kind_;
    double noise_;
    Random& random_;
    double drift_ = 0;
};

struct Advice {
    AdvisedSettings settings;
    double probability = 0;
    bool lawUsed = false;
    int loads = 0;
};

std::optional<Advice> adviceOf(const World& world, const Kind& kind, double noise, Random& random) {
    BenchResult bench;
    bench.header.target.type = "deployment";
    bench.header.load.command = "hey {url}/";
    for (const auto& settings : world.settings) bench.cells.push_back({"", settings, {}, {}, {}});
    Runs runs(world, kind, noise, random);
    Advice advice;
    for (int round = 0;; ++round) {
        const auto next = nextRound(bench, round, {}, {}, random.next());
        if (next.cells.empty()) break;
        for (const auto cell : next.cells) {
            bench.cells[cell].runs.push_back(runs.run(cell, round));
            ++advice.loads;
        }
    }
    summarize(bench);
    Results results;
    results.benches.push_back(std::move(bench));
    results.texts = {"{}"};
    results.first = Results::Kind::bench;
    const auto recommended = recommend(results);
    if (!recommended) return std::nullopt;
    advice.settings = recommended->advised;
    advice.probability = recommended->probability.value_or(0);
    advice.lawUsed = std::ranges::any_of(
        recommended->reasons, [](const Reason& reason) { return reason.code == "law-holds"; });
    return advice;
}

/// The smallest limit whose speed is within the tolerance of the best.
double rightLimit(const World& world) {
    const double enough = world.best() * (1 - tolerance);
    double found = std::numeric_limits<double>::infinity();
    double from = found;
    double to = 0;
    for (std::size_t i = 0; i < world.settings.size(); ++i) {
        const auto& settings = world.settings[i];
        if (!settings.limit) continue;
        const auto limit = (static_cast<double>(*settings.limit) / static_cast<double>(MiB));
        if (world.speeds[i] >= enough) found = std::min(found, limit);
        if (settings.mode == Mode::plain) continue;
        from = std::min(from, limit);
        to = std::max(to, limit);
    }
    if (world.anyLimit)
        for (double limit = from; limit <= to && limit < found; ++limit)
            if (world.speedWith(limit) >= enough) found = limit;
    return found * static_cast<double>(MiB);
}

/// Stated chances against observed ones, in tenths.
struct Band {
    int count = 0;
    int right = 0;
    double said = 0;
};
using Bands = std::array<Band, 10>;

struct Row {
    int benches = 0;
    int right = 0;
    int worlds = 0;
    int agree = 0;
    double memory = 0;
    double loads = 0;
    int mostLoads = 0;
    int lawUsed = 0;
    double said = 0;  ///< sum of the chances stated
    int so = 0;       ///< benches that were right as the chance has it
};

constexpr double slackPoints = 0.03;

/// As the probability has it: neither too slow, nor too large. Where the law was not used, only
/// limits that were benched could be chosen.
bool isRight(const World& world, const AdvisedSettings& settings, bool lawUsed) {
    const auto speed = world.speedOf(settings);
    if (!speed || *speed < world.best() * (1 - tolerance - slackPoints)) return false;
    const double strict = world.best() * (1 - tolerance + slackPoints);
    const auto limit = static_cast<double>(settings.limit.value_or(0)) / static_cast<double>(MiB);
    constexpr double tenth = 0.9;
    for (std::size_t i = 0; i < world.settings.size(); ++i) {
        const auto& its = world.settings[i].limit;
        if (its && (static_cast<double>(*its) / static_cast<double>(MiB)) < limit * tenth &&
            world.speeds[i] >= strict)
            return false;
    }
    if (lawUsed && world.anyLimit && settings.gomemlimit.kind != GomemlimitAdvice::Kind::unset) {
        double least = std::numeric_limits<double>::infinity();
        for (const auto& its : world.settings)
            if (its.mode == Mode::gomemlimit)
                least =
                    std::min(least, (static_cast<double>(*its.limit) / static_cast<double>(MiB)));
        const double smaller = limit * tenth;
        if (smaller > least && world.speedWith(smaller) >= strict) return false;
    }
    return true;
}

void judge(const World& world, const Advice& advice, Row& row, Bands& bands) {
    ++row.benches;
    row.loads += advice.loads;
    row.mostLoads = std::max(row.mostLoads, advice.loads);
    row.memory += static_cast<double>(advice.settings.limit.value_or(0)) / rightLimit(world);
    constexpr double rounding = 1e-9;
    const auto speed = world.speedOf(advice.settings);
    if (speed && *speed >= world.best() * (1 - tolerance - slackPoints - rounding)) ++row.right;
    auto& band =
        bands.at(std::min<std::size_t>(static_cast<std::size_t>(advice.probability * 10), 9));
    ++band.count;
    band.said += advice.probability;
    const bool so = isRight(world, advice.settings, advice.lawUsed);
    band.right += static_cast<int>(so);
    row.lawUsed += static_cast<int>(advice.lawUsed);
    row.said += advice.probability;
    row.so += static_cast<int>(so);
}

bool same(const AdvisedSettings& a, const AdvisedSettings& b) {
    if (a.gomemlimit.kind != b.gomemlimit.kind || !a.limit || !b.limit) return false;
    const double ratio = static_cast<double>(*a.limit) / static_cast<double>(*b.limit);
    constexpr double tenth = 1.1;
    return ratio <= tenth && ratio >= 1 / tenth;
}

Row measure(const Kind& kind, double noise, int worlds, std::uint64_t seed, Bands& bands) {
    Random random(seed + static_cast<std::uint64_t>(kind.shape));
    Row row;
    for (int i = 0; i < worlds; ++i) {
        const auto world = worldOf(kind, random);
        const auto one = adviceOf(world, kind, noise, random);
        const auto other = adviceOf(world, kind, noise, random);
        ++row.worlds;
        if (one) judge(world, *one, row, bands);
        if (other) judge(world, *other, row, bands);
        if (one && other && same(one->settings, other->settings)) ++row.agree;
    }
    return row;
}

std::string against(double figure, double target, bool atLeast, bool asked, int decimals,
                    std::string_view unit) {
    const bool reached = atLeast ? figure >= target : figure <= target;
    return fmt::format("{:>6.{}f}{}{}", figure, decimals, unit, asked && !reached ? "!" : " ");
}

}  // namespace

int main(int count, char** words) {
    int worlds = 60;
    std::uint64_t seed = 7;
    std::optional<double> only;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view word = words[i];
        if (word == "--worlds") worlds = std::atoi(words[i + 1]);
        if (word == "--seed") seed = std::strtoull(words[i + 1], nullptr, 10);
        if (word == "--noise") only = std::atof(words[i + 1]) / 100;
    }
    fmt::print("{} worlds a row, two benches each; ! misses its target\n", worlds);
    fmt::print("{:<24} {:>5}  {:>8} {:>8} {:>8} {:>8} {:>5} {:>6} {:>6} {:>6}\n", "world", "noise",
               "right", "memory", "agree", "loads", "most", "law", "said", "so");
    Bands bands{};
    for (const auto& kind : kinds) {
        for (const auto& target : targets) {
            if (only && std::abs(*only - target.noise) > 1e-6) continue;
            const auto row = measure(kind, target.noise, worlds, seed, bands);
            const double benches = std::max(row.benches, 1);
            fmt::print(
                "{:<24} {:>4.0f}%  {} {} {} {} {:>5} {:>5.0f}% {:>5.0f}% {:>5.0f}%\n", kind.name,
                target.noise * 100,
                against(100 * row.right / benches, 100 * target.right, true, kind.target, 1, "%"),
                against(row.memory / benches, target.memory, false, kind.target, 2, " "),
                against(100.0 * row.agree / row.worlds, 100 * target.agree, true, kind.target, 1,
                        "%"),
                against(row.loads / benches, target.loads, false, kind.target, 1, " "),
                row.mostLoads, 100.0 * row.lawUsed / benches, 100 * row.said / benches,
                100.0 * row.so / benches);
        }
    }
    fmt::print("\nstated chance against the share that was right, all benches above\n");
    for (const auto& band : bands) {
        if (band.count == 0) continue;
        fmt::print("  said {:>3.0f} %: right {:>3.0f} % of {}\n", 100 * band.said / band.count,
                   100.0 * band.right / band.count, band.count);
    }
}
