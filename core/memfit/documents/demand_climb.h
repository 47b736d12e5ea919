#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/documents/documents.h"
#include "memfit/trial/trial.h"

namespace memfit {

/// A demand that rose from trial to trial: the program, or what it talks to, keeps state.
struct DemandClimb {
    Bytes first = 0;    ///< demand at the first trial, by the fitted line
    Bytes last = 0;     ///< and at the last
    int trials = 0;     ///< from the first to the last
    double pValue = 1;  ///< chance of such a climb where the demand keeps its level

    friend bool operator==(const DemandClimb&, const DemandClimb&) = default;
};

/// Does the demand of the plain trials rise with their number? `trials` in the order in which they
/// ran. nullopt: it does not, or by less than 5 % over all of them, or too little is known of it.
///
/// A straight line through the logarithms of the demands, with normal noise whose spread is known
/// beforehand as well as 4 demands would tell it (3 %), by maximum likelihood. Limits change over a
/// search, so a trial says no more than it knows: of a survivor the sampled demand (at least 4 are
/// needed), or else that it was at most the limit or the high-water mark; of one that was killed,
/// that it was more than the limit. That a limit was chosen by what earlier trials found does not
/// touch the likelihood. The ratio of the likelihoods with and without a slope is turned into the t
/// statistic that it is where all demands are known, one-sided, at a level of 0.005.
///
/// Measured (test_demand_climb.cpp; 300 to 1,000 searches a figure while it was made): a service
/// whose demand keeps its level is taken for a climb in none of the searches up to a spread of 3 %,
/// in less than 1 in 100 at 5 %, in about 2 in 100 at 10 %. The climb of etcd with one data folder,
/// 6 % a trial, is seen in 98 of 100 searches at a spread of 3 %, in 89 at 5 %.
[[nodiscard]] std::optional<DemandClimb> demandClimb(const std::vector<Trial>& trials);

/// Code of the warning and of the reason.
inline constexpr std::string_view demandClimbsCode = "demand-climbs";

/// The climb in words, and what to do about it, without a full stop. `header`: of the squeeze.
[[nodiscard]] std::string climbText(const DemandClimb& climb, const Header& header);

}  // namespace memfit
