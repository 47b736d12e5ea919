#pragma once

// Internal to memfit: a recommendation as a JSON tree.

#include "memfit/advice/recommendation.h"
#include "memfit/documents/json_parse.h"

namespace memfit {

[[nodiscard]] Json recommendationTree(const Recommendation& recommendation);

}  // namespace memfit
