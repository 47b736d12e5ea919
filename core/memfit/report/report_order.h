#pragma once

// Internal to memfit/report: the order of pages, other than that of a terminal.

#include "memfit/report/report.h"

namespace memfit {

/// The recommendation, with its reasons, before what it was made from; for media that are read from
/// their top. A terminal shows the end.
[[nodiscard]] Report recommendationFirst(Report report);

}  // namespace memfit
