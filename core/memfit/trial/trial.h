#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "memfit/observe/load/load_report.h"
#include "memfit/observe/memory_snapshot.h"
#include "memfit/units/bytes.h"

namespace memfit {

/// How Go's collector is set in a trial.
enum class Mode {
    plain,       ///< GOMEMLIMIT=off, GOGC=100
    gomemlimit,  ///< GOMEMLIMIT = the limit (or a literal), GOGC=off; never without a limit
};

[[nodiscard]] std::string_view toString(Mode mode);
[[nodiscard]] std::optional<Mode> modeFromString(std::string_view name);

/// How a trial ended. Only the first four say anything about the edge.
enum class Outcome {
    survived,
    oomKilled,
    oomAtStart,
    belowFloor,  ///< alive, but misses the floor, was cut off, or was never ready, while a larger
                 ///< limit passed
    crashed,
    neverReady,
    loadFailed,
    evicted,
    unschedulable,
    imageError,
    inconclusive,
};

[[nodiscard]] std::string_view toString(Outcome outcome);
[[nodiscard]] std::optional<Outcome> outcomeFromString(std::string_view name);

/// True for survived, oomKilled, oomAtStart and belowFloor.
[[nodiscard]] bool saysSomethingAboutTheEdge(Outcome outcome);
/// True for oomKilled, oomAtStart and belowFloor.
[[nodiscard]] bool isTooSmall(Outcome outcome);
/// True for oomKilled and oomAtStart.
[[nodiscard]] bool isOomKill(Outcome outcome);

/// The settings of one trial instance.
struct Settings {
    std::optional<Bytes> limit;  ///< nullopt: no limit (the testbed may still apply a ceiling)
    Mode mode = Mode::plain;
    std::optional<Bytes> gomemlimit;  ///< what GOMEMLIMIT is set to; nullopt: `off`
    std::optional<std::string> gogc;  ///< what GOGC is set to; nullopt: not known or left as it was

    friend bool operator==(const Settings&, const Settings&) = default;
};

/// plain: GOMEMLIMIT=off, GOGC=100.
[[nodiscard]] Settings plainSettings(std::optional<Bytes> limit);
/// gomemlimit: GOMEMLIMIT = `gomemlimit`, GOGC=off.
[[nodiscard]] Settings gomemlimitSettings(Bytes limit, Bytes gomemlimit);

/// What the testbed saw of an instance's memory, apart from what the program says itself.
struct Usage {
    std::optional<Bytes> current;  ///< charged now, page cache included
    std::optional<Bytes> peak;     ///< the kernel's high-water mark; a bound on the demand
    std::optional<Bytes> anon;     ///< anonymous memory now (rss)
    std::optional<Bytes> demand;   ///< largest sampled usage less reclaimable cache; sampled, so it
                                   ///< can miss a spike
    std::optional<std::int64_t> limitHits;  ///< how often an allocation ran into the limit

    friend bool operator==(const Usage&, const Usage&) = default;
};

/// What the load cost the instance, from the start of the load command to its end, without warm-up.
/// These figures are sharper than the clock's: they do not count the time in which something else
/// had the processor.
struct Cost {
    std::optional<double> cpuSeconds;  ///< CPU time of all processes of the instance
    std::optional<std::string>
        cpuSource;                    ///< `cgroup`, `process` or `page`: where cpuSeconds is from
    std::optional<double> gcSeconds;  ///< CPU time of Go's collector; part of cpuSeconds
    std::optional<std::int64_t> collections;  ///< garbage collections that ended during the load
    std::optional<Bytes> allocated;           ///< allocated on Go's heap, freed again or not

    friend bool operator==(const Cost&, const Cost&) = default;
};

/// CPU seconds for each request that succeeded. nullopt when either is unknown, or there were none.
[[nodiscard]] std::optional<double> cpuPerRequest(const std::optional<Cost>& cost,
                                                  const std::optional<LoadReport>& load);

/// One trial: an instance with these settings under the load, and what became of it.
struct Trial {
    Settings settings;
    Outcome outcome = Outcome::inconclusive;
    std::optional<LoadReport> load;
    std::optional<MemorySnapshot> memory;  ///< after the load (the last seen of a killed one)
    std::optional<Usage> usage;
    std::optional<Cost> cost;
    std::optional<Timestamp> startedAt;
    std::optional<double> seconds;  ///< wall time from start to verdict
    std::string note;               ///< one clause for people: why this outcome; may be empty

    friend bool operator==(const Trial&, const Trial&) = default;
};

}  // namespace memfit
