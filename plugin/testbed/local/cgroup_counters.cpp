#include "testbed/local/cgroup_counters.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace memfit::plugin {

namespace {

/// The kernel's own period, and the smallest quota that it takes (kernel/sched/core.c).
constexpr std::int64_t cpuPeriodMicroseconds = 100'000;
constexpr std::int64_t smallestQuotaMicroseconds = 1'000;
constexpr std::int64_t mostMilli = 1'000'000;

std::optional<std::int64_t> numberIn(const UniqueFd& file) {
    const auto text = readAgain(file);
    return text ? singleNumber(*text) : std::nullopt;
}

struct Charge {
    std::optional<Bytes> anon, cache, shmem;
};

Charge parseStat(std::string_view text, CgroupVersion version) {
    if (version == CgroupVersion::v2) {
        return {keyedNumber(text, "anon"), keyedNumber(text, "file"), keyedNumber(text, "shmem")};
    }
    return {keyedNumber(text, "total_rss"), keyedNumber(text, "total_cache"),
            keyedNumber(text, "total_shmem")};
}

Result<void> limitMemoryV1(const CgroupFiles& files, Bytes limit) {
    const std::string text = std::to_string(limit);
    if (auto done = files.write("memory.limit_in_bytes", text); !done) return done;
    // One page more, so that memory is what runs out first: with equal limits it is the sum with
    // swap that does, and memory.failcnt stays zero. Without swap accounting the file is missing or
    // refused: then swap is only kept away as well as it can be.
    constexpr Bytes page = 4 * KiB;
    const bool bounded =
        files.tryWrite("memory.memsw.limit_in_bytes", std::to_string(limit + page)) == 0;
    if (!bounded) (void)files.tryWrite("memory.swappiness", "0");
    return {};
}

}  // namespace

CgroupCounters::CgroupCounters(CgroupVersion version, const CgroupFiles& files)
    : version_(version) {
    const bool v1 = version_ == CgroupVersion::v1;
    current_ = files.openFile(v1 ? "memory.usage_in_bytes" : "memory.current", O_RDONLY);
    peak_ = files.openFile(v1 ? "memory.max_usage_in_bytes" : "memory.peak", O_RDONLY);
    stat_ = files.openFile("memory.stat", O_RDONLY);
    events_ = files.openFile(v1 ? "memory.oom_control" : "memory.events", O_RDONLY);
    if (v1) failcnt_ = files.openFile("memory.failcnt", O_RDONLY);
}

Usage CgroupCounters::usage() const {
    Usage result;
    result.current = numberIn(current_);
    result.peak = numberIn(peak_);
    const Charge charge = parseStat(readAgain(stat_).value_or(""), version_);
    result.anon = charge.anon;
    if (result.current && charge.cache) {
        const Bytes reclaimable = std::max<Bytes>(0, *charge.cache - charge.shmem.value_or(0));
        result.demand = std::max<Bytes>(0, *result.current - reclaimable);
    }
    result.limitHits = version_ == CgroupVersion::v1
                           ? numberIn(failcnt_)
                           : keyedNumber(readAgain(events_).value_or(""), "max");
    return result;
}

std::optional<std::int64_t> CgroupCounters::oomKills() const {
    return keyedNumber(readAgain(events_).value_or(""), "oom_kill");
}

bool CgroupCounters::killedForOthers() const {
    if (version_ == CgroupVersion::v1) return false;
    const std::string events = readAgain(events_).value_or("");
    if (keyedNumber(events, "oom_kill").value_or(0) == 0) return false;
    const auto ownLimit = keyedNumber(events, "oom");
    return (ownLimit ? ownLimit : keyedNumber(events, "max")) == 0;
}

CgroupCpuClock::CgroupCpuClock(CgroupVersion version, const CgroupFiles& files)
    : version_(version),
      file_(files.openFile(version == CgroupVersion::v1 ? "cpuacct.usage" : "cpu.stat", O_RDONLY)) {
}

std::optional<double> CgroupCpuClock::seconds() const {
    constexpr double nanosecond = 1e-9;
    constexpr double microsecond = 1e-6;
    const bool v1 = version_ == CgroupVersion::v1;
    const auto count =
        v1 ? numberIn(file_) : keyedNumber(readAgain(file_).value_or(""), "usage_usec");
    if (!count || *count < 0) return std::nullopt;
    return static_cast<double>(*count) * (v1 ? nanosecond : microsecond);
}

std::optional<Bytes> memoryLimit(CgroupVersion version, const CgroupFiles& files) {
    constexpr Bytes noLimit = Bytes{1} << 62;
    const bool v1 = version == CgroupVersion::v1;
    const auto value =
        singleNumber(files.read(v1 ? "memory.limit_in_bytes" : "memory.max").value_or(""));
    return value && *value < noLimit ? value : std::nullopt;
}

Result<void> limitMemory(CgroupVersion version, const CgroupFiles& files, Bytes limit) {
    if (version == CgroupVersion::v1) return limitMemoryV1(files, limit);
    if (auto done = files.write("memory.max", std::to_string(limit)); !done) return done;
    if (files.exists("memory.swap.max")) {
        if (auto done = files.write("memory.swap.max", "0"); !done) return done;
    }
    (void)files.tryWrite("memory.oom.group", "1");
    return {};
}

Result<void> limitCpu(CgroupVersion version, const CgroupFiles& files, std::int64_t milli) {
    const std::int64_t quota = std::max(smallestQuotaMicroseconds,
                                        std::min(milli, mostMilli) * cpuPeriodMicroseconds / 1000);
    if (version == CgroupVersion::v2) {
        return files.write("cpu.max", fmt::format("{} {}", quota, cpuPeriodMicroseconds));
    }
    (void)files.tryWrite("cpu.cfs_period_us", std::to_string(cpuPeriodMicroseconds));
    return files.write("cpu.cfs_quota_us", std::to_string(quota));
}

}  // namespace memfit::plugin
