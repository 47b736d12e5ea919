#include "memfit/bench/block_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

namespace memfit {

namespace {

/// Variances of block effects over that of the noise that are tried. The smallest is not 0, since a
/// few blocks that happen to be alike do not show that others are.
constexpr std::array blockRatios{0.2, 1.0, 4.0, 16.0};

/// Degrees of freedom of the noise's tails.
constexpr double tails = 4;

/// Weights take the far values' part of the squares, and the variance of means of weighted values
/// is larger than what is left says: by 1.48 under normal noise, 1.35 under Student's t with 6
/// degrees of freedom, 1.22 with 3 (Huber's sandwich, worked out by simulation).
constexpr double takenByWeights = 0.35;

/// Keeps the system solvable: only differences between cells are known.
constexpr double ridge = 1e-6;

/// Solves a symmetric positive definite system by Cholesky's decomposition.
std::vector<double> solved(std::vector<double> a, std::vector<double> b, double& logDeterminant) {
    const std::size_t n = b.size();
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = a[(i * n) + j];
            for (std::size_t k = 0; k < j; ++k) sum -= a[(i * n) + k] * a[(j * n) + k];
            a[(i * n) + j] =
                i == j ? std::sqrt(std::max(sum, ridge * ridge)) : sum / a[(j * n) + j];
        }
    }
    logDeterminant = 0;
    for (std::size_t i = 0; i < n; ++i) {
        logDeterminant += 2 * std::log(a[(i * n) + i]);
        for (std::size_t k = 0; k < i; ++k) b[i] -= a[(i * n) + k] * b[k];
        b[i] /= a[(i * n) + i];
    }
    for (std::size_t i = n; i-- > 0;) {
        for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[(k * n) + i] * b[k];
        b[i] /= a[(i * n) + i];
    }
    return b;
}

}  // namespace

BlockFit::BlockFit(std::size_t cells, std::span<const CostValue> values)
    : weights_(cells), a_(cells * cells), b_(cells), best_(cells) {
    std::map<int, std::size_t> places;
    for (const auto& each : values) {
        if (!std::isfinite(each.value) || each.value <= 0) continue;
        const auto place = places.emplace(each.block, places.size()).first->second;
        entries_.push_back({each.cell, place, std::log(each.value), 1});
    }
    count_ = entries_.size();
    blocks_.resize(places.size());
    fit();
    if (blocks_.size() < 2) return;
    double best = -std::numeric_limits<double>::infinity();
    double chosen = blockRatio_;
    for (const double ratio : blockRatios) {
        blockRatio_ = ratio;
        accumulate();
        solve();
        const double likelihood = logRestricted();
        if (likelihood > best) {
            best = likelihood;
            chosen = ratio;
        }
    }
    blockRatio_ = chosen;
    fit();
}

void BlockFit::fit() {
    constexpr int rounds = 8;
    bool weighed = false;
    for (int round = 0; round < rounds; ++round) {
        accumulate();
        solve();
        if (!reweigh()) break;
        weighed = true;
    }
    accumulate();
    solve();
    if (weighed) c_ += takenByWeights * squares(best_);
}

double BlockFit::logRestricted() const {
    double used = 0;
    for (const double weight : weights_) used += weight > 0 ? 1 : 0;
    const double freedom = static_cast<double>(count_) - used;
    if (freedom < 1) return 0;
    double blocks = std::log(pulls_);
    for (const auto& block : blocks_) blocks += std::log1p(blockRatio_ * block.weight);
    constexpr double least = 1e-8;
    return -(freedom * std::log(std::max(squares(best_), least)) + blocks + logDeterminant_) / 2;
}

void BlockFit::accumulate() {
    const auto n = cells();
    std::ranges::fill(weights_, 0);
    std::ranges::fill(a_, 0);
    std::ranges::fill(b_, 0);
    c_ = 0;
    pulls_ = 0;
    for (auto& block : blocks_) block = {0, 0, std::vector<double>(n), 0};
    for (const auto& entry : entries_) {
        auto& block = blocks_[entry.block];
        block.weight += entry.weight;
        block.mean += entry.weight * entry.log;
        block.share[entry.cell] += entry.weight;
        weights_[entry.cell] += entry.weight;
        b_[entry.cell] += entry.weight * entry.log;
        c_ += entry.weight * entry.log * entry.log;
    }
    std::vector<double> shares(n);
    double mean = 0;
    freedom_ = static_cast<double>(count_) - 1;
    for (auto& block : blocks_) {
        block.mean /= block.weight;
        for (auto& share : block.share) share /= block.weight;
        block.pull = 1 / ((1 / block.weight) + blockRatio_);
        const double rest = block.pull - block.weight;
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j)
                a_[(i * n) + j] += rest * block.share[i] * block.share[j];
            b_[i] += rest * block.mean * block.share[i];
            shares[i] += block.pull * block.share[i];
        }
        c_ += rest * block.mean * block.mean;
        pulls_ += block.pull;
        mean += block.pull * block.mean;
        const double taken = block.weight * blockRatio_ / (1 + (block.weight * blockRatio_));
        freedom_ -=
            taken * static_cast<double>(blocks_.size() - 1) / static_cast<double>(blocks_.size());
    }
    for (std::size_t i = 0; i < n; ++i) {
        a_[(i * n) + i] += weights_[i];
        if (pulls_ <= 0) continue;
        for (std::size_t j = 0; j < n; ++j) a_[(i * n) + j] -= shares[i] * shares[j] / pulls_;
        b_[i] -= mean * shares[i] / pulls_;
    }
    if (pulls_ > 0) c_ -= mean * mean / pulls_;
}

void BlockFit::solve() {
    auto a = a_;
    const auto n = cells();
    for (std::size_t i = 0; i < n; ++i) a[(i * n) + i] += ridge;
    best_ = solved(std::move(a), b_, logDeterminant_);
    double sum = 0;
    double used = 0;
    for (std::size_t i = 0; i < n; ++i)
        if (weights_[i] > 0) {
            sum += best_[i];
            ++used;
        }
    for (std::size_t i = 0; i < n; ++i) best_[i] = weights_[i] > 0 ? best_[i] - (sum / used) : 0;
}

bool BlockFit::reweigh() {
    std::size_t used = 0;
    for (const double weight : weights_) used += weight > 0 ? 1 : 0;
    const double freedom = freedom_ - static_cast<double>(used) + 1;
    if (freedom < 1) return false;  // nothing to tell a wild run by
    const double variance = std::max(squares(best_) / freedom, 1e-8);
    const double middle = level(best_);
    double change = 0;
    for (auto& entry : entries_) {
        const auto& block = blocks_[entry.block];
        double effect = block.mean - middle;
        for (std::size_t i = 0; i < cells(); ++i) effect -= block.share[i] * best_[i];
        effect *= block.weight * blockRatio_ / (1 + (block.weight * blockRatio_));
        const double rest = entry.log - middle - best_[entry.cell] - effect;
        const double weight = std::min(1.0, (tails + 1) / (tails + (rest * rest / variance)));
        change = std::max(change, std::abs(weight - entry.weight));
        entry.weight = weight;
    }
    constexpr double still = 0.01;
    return change > still;
}

double BlockFit::squares(std::span<const double> x) const {
    const auto n = cells();
    double sum = c_;
    for (std::size_t i = 0; i < n; ++i) {
        double row = -2 * b_[i];
        for (std::size_t j = 0; j < n; ++j) row += a_[(i * n) + j] * x[j];
        sum += row * x[i];
    }
    return std::max(sum, 0.0);
}

// With S the roots of the slack, the cells' own amounts S z are solved for beside what z'z takes:
// squares(x) - (Ax - b)'S (I + SAS)^-1 S(Ax - b).
BlockFit BlockFit::loosened(std::span<const double> slack) const {
    const auto n = cells();
    auto loose = *this;
    std::vector<double> inner(n * n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            inner[(i * n) + j] = (i == j ? 1 : 0) + (std::sqrt(slack[i] * slack[j]) * a(i, j));
    double unused = 0;
    // Column k of (I + SAS)^-1 S A, and behind the last one that of S b.
    for (std::size_t k = 0; k <= n; ++k) {
        std::vector<double> column(n);
        for (std::size_t i = 0; i < n; ++i)
            column[i] = std::sqrt(slack[i]) * (k < n ? a(i, k) : b_[i]);
        column = solved(inner, std::move(column), unused);
        for (std::size_t i = 0; i < n; ++i) {
            double taken = 0;
            for (std::size_t j = 0; j < n; ++j) taken += a(i, j) * std::sqrt(slack[j]) * column[j];
            if (k < n)
                loose.a_[(i * n) + k] -= taken;
            else
                loose.b_[i] -= taken;
            if (k == n) loose.c_ -= b_[i] * std::sqrt(slack[i]) * column[i];
        }
    }
    loose.solve();
    return loose;
}

double BlockFit::level(std::span<const double> x) const {
    double sum = 0;
    for (const auto& block : blocks_) {
        double rest = block.mean;
        for (std::size_t i = 0; i < cells(); ++i) rest -= block.share[i] * x[i];
        sum += block.pull * rest;
    }
    return pulls_ > 0 ? sum / pulls_ : 0;
}

}  // namespace memfit
