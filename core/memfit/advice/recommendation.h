#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "memfit/documents/documents.h"
#include "memfit/error.h"
#include "memfit/live/live_facts.h"

namespace memfit {

enum class Policy { balanced, lean, fast, noLimit };

[[nodiscard]] std::string_view toString(Policy policy);
[[nodiscard]] std::optional<Policy> policyFromString(std::string_view name);

enum class Basis { measured, observed, fixed };  ///< `fixed` is written "static"
enum class Confidence { high, medium, low };

[[nodiscard]] std::string_view toString(Basis basis);
[[nodiscard]] std::string_view toString(Confidence confidence);

/// How GOMEMLIMIT is to be set.
struct GomemlimitAdvice {
    enum class Kind {
        unset,         ///< not there
        leave,         ///< as it is; `bytes` is what that is, as far as known
        limitsMemory,  ///< equal to the limit, by reference to limits.memory
        bytes,         ///< a literal
    };
    Kind kind = Kind::unset;
    std::optional<Bytes> bytes;

    friend bool operator==(const GomemlimitAdvice&, const GomemlimitAdvice&) = default;
};

/// As documents have it: `unset`, `limits.memory`, `bytes`. A value that stays has the word of the
/// value that is set now.
[[nodiscard]] std::string_view toString(GomemlimitAdvice::Kind kind);

/// Settings that are advised (or set now).
struct AdvisedSettings {
    std::optional<Bytes> limit;  ///< nullopt: none
    bool leaveLimit = false;     ///< without `limit`: none is known to be needed, what is set stays
    std::optional<Bytes> request;  ///< nullopt: none
    GomemlimitAdvice gomemlimit;
    std::optional<std::string> gogc;  ///< `off`; nullopt: not there, which is 100
    bool leaveGogc = false;           ///< as it is; `gogc` is what that is, as far as known

    friend bool operator==(const AdvisedSettings&, const AdvisedSettings&) = default;
};

/// The settings of a trial that runs exactly what is advised.
[[nodiscard]] Settings trialSettings(const AdvisedSettings& advised);

/// One figure behind a reason: a stable name, and a number or a word. `from` is a list: the cells
/// and trials that the figures are of, as the documents name them (`bench cell 2x/gomemlimit`,
/// `squeeze trial 7`, counted from 1; with several squeezes `squeeze 2 trial 7`, in the order
/// given; `squeeze trials 1 to 15` for all of one), `confirmation loads 1 to 3` (in the order run,
/// of all that the confirmation ran), and live pods (`pod api-7d9f`). A reason without it rests on
/// no run. `nodes` lists the nodes that a reason holds of, the worst first.
using Evidence =
    std::pair<std::string,
              std::variant<std::int64_t, double, bool, std::string, std::vector<std::string>>>;

struct Reason {
    std::string code;  ///< stable, `smallest-within-tolerance`
    std::string text;  ///< a sentence a colleague would accept
    std::vector<Evidence> evidence;

    friend bool operator==(const Reason&, const Reason&) = default;
};

/// Loads run with exactly the advised settings.
struct Confirmed {
    int loads = 0;
    int killed = 0;

    friend bool operator==(const Confirmed&, const Confirmed&) = default;
};

struct Recommendation {
    Header header;
    Basis basis = Basis::fixed;
    /// Where `probability` is known, high from 0.9 and medium from 0.7; reasons can lower it.
    Confidence confidence = Confidence::low;
    /// The chance that the advice is right within the tolerance, where a model of the whole bench
    /// knows it (see bench/price_choice.h).
    std::optional<double> probability;
    Policy policy = Policy::balanced;
    double tolerance = 0.05;
    std::optional<std::string> floor;  ///< that every run was held against
    AdvisedSettings advised;
    std::optional<Confirmed> confirmed;
    std::optional<CurrentSettings> current;
    std::optional<LiveFacts> live;  ///< what the workload was seen to do in its cluster
    std::vector<Reason> reasons;
    std::string next;  ///< the command that would raise confidence; empty when there is none

    friend bool operator==(const Recommendation&, const Recommendation&) = default;
};

[[nodiscard]] std::string toJson(const Recommendation& recommendation);

struct AdviceOptions {
    Policy policy = Policy::balanced;
    double tolerance = 0.05;
    /// The most that live instances were seen to use; nullopt: as `live` says.
    std::optional<Bytes> liveUsage = std::nullopt;
    /// What is set now; nullopt: as `live` says.
    std::optional<CurrentSettings> current = std::nullopt;
    std::optional<LiveFacts> live = std::nullopt;  ///< of the workload in its cluster
    std::optional<std::string> floor;  ///< `--floor`, applied to every run (see trial/floor.h)
};

/// Turns results into settings: see choice.h for the choice, rules_*.cpp for what is said of it.
/// Benches count as one where load and CPU limit are those of the last; a squeeze alone gives its
/// minimum. Without either, `options.current` is put in order and judged (limit = request, never
/// below live usage; basis observed or static, confidence low); GOMEMLIMIT and GOGC then stay as
/// they are, unless a rule speaks against them. Policy no-limit needs no results. No limit at which
/// a live pod was OOM-killed, nor a smaller one, is advised, and no GOGC=off under an autoscaler
/// that scales on memory. Errors (kind inconclusive): the results allow no advice (no cell in which
/// every run survived, a squeeze without a minimum or under GOMEMLIMIT, a probe without `current`),
/// saying what is missing and which command gets it; kind usage: a malformed floor.
[[nodiscard]] Result<Recommendation> recommend(const Results& results,
                                               const AdviceOptions& options = {});

/// The advice for a workload as it runs, from what was read of it. `header` is that of the
/// recommendation. Errors: see recommend().
[[nodiscard]] Result<Recommendation> adviseObserved(LiveFacts facts, const Header& header,
                                                    AdviceOptions options);

/// Does what is set fit the advice? Returns one clause for each setting that does not; empty when
/// all fit. Memory that is not set fits only when none is advised; a limit within `tolerance` above
/// fits.
[[nodiscard]] std::vector<std::string> mismatches(const CurrentSettings& set,
                                                  const AdvisedSettings& advised, double tolerance);

}  // namespace memfit
