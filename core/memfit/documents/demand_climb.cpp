#include "memfit/documents/demand_climb.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace memfit {

namespace {

constexpr double level = 0.005;
constexpr double leastRise = 0.05;
constexpr std::size_t leastKnown = 4;
/// What is known of the spread beforehand counts as this many demands. Without it the few demands
/// of a short search would have to show the spread alone.
constexpr double spreadsBefore = 4;
constexpr double spreadBefore = 0.03;

/// What one trial says of its demand.
struct Seen {
    enum class Kind { is, atMost, moreThan } kind = Kind::is;
    double trial = 0;     ///< its number as a share of all: 0 the first, 1 the last
    double logBytes = 0;  ///< less that of the centre
};

std::optional<Bytes> boundOf(const Trial& trial) {
    const auto peak = trial.usage ? trial.usage->peak : std::nullopt;
    if (!peak || !trial.settings.limit) return peak ? peak : trial.settings.limit;
    return std::min(*peak, *trial.settings.limit);
}

std::optional<Seen> seenOf(const Trial& trial) {
    // With GOGC=off memory stays at the limit, whatever is needed.
    if (trial.settings.mode != Mode::plain) return std::nullopt;
    const auto seen = [](Seen::Kind kind, std::optional<Bytes> bytes) -> std::optional<Seen> {
        if (!bytes || *bytes <= 0) return std::nullopt;
        return Seen{kind, 0, std::log(static_cast<double>(*bytes))};
    };
    if (isTooSmall(trial.outcome)) return seen(Seen::Kind::moreThan, trial.settings.limit);
    if (trial.outcome != Outcome::survived) return std::nullopt;
    const auto demand = trial.usage ? trial.usage->demand : std::nullopt;
    return demand ? seen(Seen::Kind::is, demand) : seen(Seen::Kind::atMost, boundOf(trial));
}

/// Level, slope and the inverse of the spread, each of the first two times that inverse: so the
/// likelihood has one maximum [Olsen 1978].
constexpr std::size_t parameters = 3;
using Vector = std::array<double, parameters>;
using Matrix = std::array<Vector, parameters>;

double logNormal(double z) {
    constexpr double far = -30;
    if (z > far) return std::log(0.5 * std::erfc(-z / std::numbers::sqrt2));
    return -z * z / 2 - std::log(-z * std::sqrt(2 * std::numbers::pi));
}

/// Density over distribution function.
double hazard(double z) {
    constexpr double far = -30;
    if (z <= far) return -z;
    return std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi) /
           (0.5 * std::erfc(-z / std::numbers::sqrt2));
}

/// A line through what was seen: its likelihood, and the search for its maximum by Newton's method
/// over all parameters, or all but the slope.
class LineFit {
public:
    LineFit(const std::vector<Seen>& all, bool withSlope, double spread)
        : at{0, 0, 1 / spread}, all_(all), withSlope_(withSlope) {}

    Vector at;

    [[nodiscard]] double logLikelihood(const Vector& v) const {
        if (v[2] <= 0) return -std::numeric_limits<double>::infinity();
        const double before = spreadBefore * v[2];
        double sum = spreadsBefore * (std::log(v[2]) - before * before / 2);
        for (const auto& seen : all_) {
            const double z = v[0] + v[1] * seen.trial - v[2] * seen.logBytes;
            if (seen.kind == Seen::Kind::is)
                sum += std::log(v[2]) - z * z / 2;
            else
                sum += logNormal(seen.kind == Seen::Kind::moreThan ? z : -z);
        }
        return sum;
    }

    /// Returns the logarithm of the largest likelihood.
    double climb() {
        double best = logLikelihood(at);
        for (int round = 0; round < 100; ++round) {
            const auto step = newtonStep();
            const double before = best;
            double share = 1;
            for (int halving = 0; halving < 40; ++halving, share /= 2) {
                Vector next = at;
                for (std::size_t i = 0; i < parameters; ++i) next[i] += share * step[i];
                const double reached = logLikelihood(next);
                if (reached <= best) continue;
                best = reached;
                at = next;
                break;
            }
            if (best - before < 1e-9) break;
        }
        return best;
    }

private:
    [[nodiscard]] Vector newtonStep() const {
        constexpr double weight = spreadsBefore * spreadBefore * spreadBefore;
        Vector gradient{0, 0, spreadsBefore / at[2] - weight * at[2]};
        Matrix curve{};  // the negative of the second derivatives
        curve[2][2] = spreadsBefore / (at[2] * at[2]) + weight;
        for (const auto& seen : all_) {
            const Vector by{1, seen.trial, -seen.logBytes};
            const double z = at[0] * by[0] + at[1] * by[1] + at[2] * by[2];
            double pull = -z;
            double bend = 1;
            if (seen.kind == Seen::Kind::is) {
                gradient[2] += 1 / at[2];
                curve[2][2] += 1 / (at[2] * at[2]);
            } else {
                const double sign = seen.kind == Seen::Kind::moreThan ? 1 : -1;
                const double rate = hazard(sign * z);
                pull = sign * rate;
                bend = rate * (rate + sign * z);
            }
            for (std::size_t i = 0; i < parameters; ++i) {
                gradient[i] += pull * by[i];
                for (std::size_t k = 0; k < parameters; ++k) curve[i][k] += bend * by[i] * by[k];
            }
        }
        return solve(curve, gradient);
    }

    /// Gaussian elimination; the matrix is positive definite.
    [[nodiscard]] Vector solve(Matrix matrix, Vector right) const {
        constexpr double ridge = 1e-9;
        for (std::size_t i = 0; i < parameters; ++i) {
            if (i == 1 && !withSlope_) {
                for (std::size_t k = 0; k < parameters; ++k) matrix[i][k] = matrix[k][i] = 0;
                matrix[i][i] = 1;
                right[i] = 0;
            }
            matrix[i][i] += ridge;
        }
        for (std::size_t i = 0; i < parameters; ++i) {
            for (std::size_t row = i + 1; row < parameters; ++row) {
                const double factor = matrix[row][i] / matrix[i][i];
                for (std::size_t k = i; k < parameters; ++k)
                    matrix[row][k] -= factor * matrix[i][k];
                right[row] -= factor * right[i];
            }
        }
        for (std::size_t i = parameters; i-- > 0;) {
            for (std::size_t k = i + 1; k < parameters; ++k) right[i] -= matrix[i][k] * right[k];
            right[i] /= matrix[i][i];
        }
        return right;
    }

    const std::vector<Seen>& all_;
    bool withSlope_;
};

struct Line {
    double logLikelihood = 0;
    double level = 0;  ///< at the first trial
    double slope = 0;  ///< from the first trial to the last
};

Line fitLine(const std::vector<Seen>& all, bool withSlope, double spread) {
    LineFit fit(all, withSlope, spread);
    const double best = fit.climb();
    return {best, fit.at[0] / fit.at[2], fit.at[1] / fit.at[2]};
}

/// The demands that are known: how many, and mean and standard deviation of their logarithms.
struct Known {
    std::size_t count = 0;
    double mean = 0, spread = spreadBefore;
};

Known knownOf(const std::vector<Seen>& all) {
    Known known;
    double squares = 0;
    for (const auto& seen : all) {
        if (seen.kind != Seen::Kind::is) continue;
        ++known.count;
        const double distance = seen.logBytes - known.mean;
        known.mean += distance / static_cast<double>(known.count);
        squares += distance * (seen.logBytes - known.mean);
    }
    known.spread = std::sqrt((squares + spreadsBefore * spreadBefore * spreadBefore) /
                             (static_cast<double>(known.count) + spreadsBefore));
    return known;
}

bool startsFresh(const Header& header) {
    const auto& words = header.target.command;
    return header.load.prepare || std::ranges::any_of(words, [](const std::string& word) {
               return word.find("{dir}") != std::string::npos;
           });
}

}  // namespace

std::optional<DemandClimb> demandClimb(const std::vector<Trial>& trials) {
    std::vector<Seen> all;
    std::optional<std::size_t> first;
    std::size_t last = 0;
    for (std::size_t i = 0; i < trials.size(); ++i) {
        auto seen = seenOf(trials[i]);
        if (!seen) continue;
        seen->trial = static_cast<double>(i);
        all.push_back(*seen);
        if (!first) first = i;
        last = i;
    }
    const auto known = knownOf(all);
    if (known.count < leastKnown) return std::nullopt;
    for (auto& seen : all) {
        seen.trial =
            (seen.trial - static_cast<double>(*first)) / static_cast<double>(last - *first);
        seen.logBytes -= known.mean;
    }
    const auto flat = fitLine(all, false, known.spread);
    const auto rising = fitLine(all, true, known.spread);
    if (std::expm1(rising.slope) < leastRise) return std::nullopt;

    const auto count = static_cast<double>(known.count) + spreadsBefore;
    const double gain = std::max(0.0, rising.logLikelihood - flat.logLikelihood);
    const double t = std::sqrt((count - 2) * std::expm1(std::min(2 * gain / count, 100.0)));
    const boost::math::students_t_distribution<double> distribution(count - 2);
    const double pValue = boost::math::cdf(boost::math::complement(distribution, t));
    if (pValue >= level) return std::nullopt;
    const auto bytes = [&](double logBytes) {
        return static_cast<Bytes>(std::llround(std::exp(known.mean + logBytes)));
    };
    return DemandClimb{bytes(rising.level), bytes(rising.level + rising.slope),
                       static_cast<int>(last - *first) + 1, pValue};
}

std::string climbText(const DemandClimb& climb, const Header& header) {
    const auto what = fmt::format("the demand rose from {} to {} over {} trials",
                                  formatMiB(climb.first), formatMiB(climb.last), climb.trials);
    if (startsFresh(header)) {
        return what +
               ", so something keeps state in spite of --prepare or {dir}, and edge and minimum do "
               "not describe one fresh start: reset that too with --prepare";
    }
    if (header.target.type == "process") {
        return what +
               ", so the program keeps state from one trial to the next, and edge and minimum do "
               "not describe one fresh start: start each trial afresh, with {dir} in place of the "
               "program's data folder, or with --prepare and a command that resets its state";
    }
    return what +
           ", so something outside the pods keeps state from one trial to the next, and edge and "
           "minimum do not describe one fresh start: reset it before each trial with --prepare";
}

}  // namespace memfit
