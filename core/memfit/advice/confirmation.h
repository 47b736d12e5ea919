#pragma once

#include <optional>
#include <vector>

#include "memfit/advice/recommendation.h"
#include "memfit/trial/trial.h"

namespace memfit {

/// Confirms the very settings that are advised, by running them under the load, and looks for
/// headroom when they are killed: with GOGC=off usage stays at the limit, and the plain edge says
/// nothing about it. GOMEMLIMIT = limit is tried first (or the literal that was advised), then 95,
/// 90, 80 and 70 % of the limit as literals, whole KiB, as far as they are lower than the one
/// before. When all are killed, or a plain setting is, or a survivor is below the floor (which less
/// memory would only make worse), the limit and with it the request go up by a tenth (whole MiB)
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
    /// The settings as they stand now, perhaps with a lower GOMEMLIMIT or a higher limit. When the
    /// confirmation gave up, they are the last that were tried, and did not hold.
    [[nodiscard]] const AdvisedSettings& settings() const;
    /// Loads of exactly settings(): how many, how many killed.
    [[nodiscard]] Confirmed tally() const;
    /// The largest demand of these loads but for those that were killed; nullopt: not known.
    [[nodiscard]] std::optional<Bytes> mostInUse() const;
    /// Where these loads stand among all of this confirmation: `confirmation loads 4 to 6`, counted
    /// from 1 in the order run, with those that said nothing. Empty when tally() is.
    [[nodiscard]] std::vector<std::string> sources() const;
    /// What changed on the way, in sentences with codes (`headroom-found`, `limit-raised`,
    /// `not-confirmed`); empty when the first settings held. Before done() it says that the
    /// confirmation ended early.
    [[nodiscard]] std::vector<Reason> reasons() const;

    /// The most trials that a confirmation can take, with kills at the worst moments and without
    /// counting outcomes that say nothing. For --dry-run.
    [[nodiscard]] static int mostTrials(int wanted);

private:
    /// Why the confirmation ended without an answer.
    enum class GaveUp { no, tooSmall, unclear };

    [[nodiscard]] Reason limitRaised() const;
    [[nodiscard]] Reason headroomFound() const;
    /// Why the settings are not confirmed.
    [[nodiscard]] std::string whyNot() const;
    void moveOn(Outcome outcome);
    bool lowerGomemlimit();
    bool raiseLimit();

    AdvisedSettings first_;
    AdvisedSettings settings_;
    int wanted_;
    Confirmed tally_;
    std::optional<Bytes> mostInUse_;
    int run_ = 0;          ///< all loads, those that said nothing among them
    int beforeThese_ = 0;  ///< those of other settings than settings_
    int beforeRaise_ = 0;  ///< those at a smaller limit
    int clean_ = 0;
    int raises_ = 0;
    int unclear_ = 0;  ///< in a row
    GaveUp gaveUp_ = GaveUp::no;
    std::optional<Outcome> lastUnclear_;
};

/// Writes what a confirmation of its settings came to into the recommendation: the settings as they
/// stand now, how often they held and why they changed. What was said of the settings before
/// (headroom, live usage, what is set now, that they were not tried) is written anew or taken out;
/// what the measurements said stays. Confidence is at most medium when the settings changed, since
/// these have no speeds, and low when they were not confirmed, also by a confirmation that is not
/// done().
void applyConfirmation(Recommendation& recommendation, const Confirmation& confirmation);

}  // namespace memfit
