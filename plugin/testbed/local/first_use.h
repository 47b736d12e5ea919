#pragma once

#include <optional>

namespace memfit::plugin {

/// CPU time that the first use of a MiB of memory takes on this machine, seconds: the median of a
/// few areas that are mapped and touched page by page, as Go's heap comes by its memory. Measured
/// once, in a few milliseconds (in virtual machines some 40). nullopt: the system gives no
/// memory, or no time.
[[nodiscard]] std::optional<double> firstUseSecondsPerMiB();

}  // namespace memfit::plugin
