#pragma once

#include <string_view>

#include "memfit/advice/recommendation.h"
#include "memfit/error.h"

namespace memfit {

/// A Recommendation from the JSON that toJson() wrote, without its inputs
/// (Results::recommendation). Of the live facts the settings of the pod template stand in
/// `current`; GOMEMLIMIT there is in Go's grammar, if not in the words of the original. Errors
/// (kind input): not JSON; a field of the wrong type, named.
[[nodiscard]] Result<Recommendation> readRecommendation(std::string_view json);

/// The advice of a recommendation that was read, as `options` want it. It stands as it is, with its
/// confirmation, where policy, tolerance and floor are those that it was made with and the live
/// workload of `options` does not speak against it (uses more, was OOM-killed there, is scaled by
/// memory); else the `results` that it was made from are judged anew, and with them what is known
/// of the live workload. What `options` say is set now, or runs now, goes before what it says.
/// Errors: those of recommend().
[[nodiscard]] Result<Recommendation> adviseAgain(Recommendation before, const Results& results,
                                                 AdviceOptions options);

}  // namespace memfit
