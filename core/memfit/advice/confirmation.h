#pragma once

#include <optional>
#include <vector>

#include "memfit/advice/recommendation.h"
#include "memfit/experiment/trial.h"

namespace memfit {

/// Confirms the very settings that are advised, by running them under the load, and looks for
/// headroom when they are killed: with GOGC=off usage sits at the limit, and the plain edge says
/// nothing about it. GOMEMLIMIT = limit is tried first, then 95, 90, 80 and 70 % of the limit as
/// literals; when all are killed, or a plain setting is, the limit goes up by a tenth (whole MiB)
/// and it starts again, at most twice.
class Confirmation {
public:
    /// `wanted`: clean loads wanted of the final settings, >= 1.
    Confirmation(const AdvisedSettings& advised, int wanted);

    /// The next trial to run; nullopt when done().
    [[nodiscard]] std::optional<Settings> next() const;
    /// The verdict of the trial that next() asked for. Outcomes that say nothing about the edge are
    /// counted as neither; after three of them in a row the confirmation gives up.
    void observe(const Trial& trial);

    [[nodiscard]] bool done() const;
    /// True when `wanted` loads of the final settings were clean.
    [[nodiscard]] bool succeeded() const;
    /// The settings as they stand now, perhaps with a lower GOMEMLIMIT or a higher limit.
    [[nodiscard]] const AdvisedSettings& settings() const;
    /// Loads of exactly settings(): how many, how many killed.
    [[nodiscard]] Confirmed tally() const;
    /// What changed on the way, in sentences with codes (`headroom-found`, `limit-raised`,
    /// `not-confirmed`); empty when the first settings held.
    [[nodiscard]] std::vector<Reason> reasons() const;

private:
    AdvisedSettings settings_;
    int wanted_;
    Confirmed tally_;
    std::vector<Reason> reasons_;
    int literalStep_ = 0;
    int raises_ = 0;
    int unclear_ = 0;
    bool gaveUp_ = false;
};

}  // namespace memfit
