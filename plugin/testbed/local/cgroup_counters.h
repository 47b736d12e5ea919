#pragma once

#include <cstdint>
#include <optional>

#include "memfit/error.h"
#include "memfit/trial/trial.h"
#include "testbed/local/cgroup_files.h"
#include "testbed/local/cgroup_place.h"

namespace memfit::plugin {

/// Reads what the kernel counts in one cgroup; its files stay open, so that looking is cheap.
class CgroupCounters {
public:
    CgroupCounters(CgroupVersion version, const CgroupFiles& files);

    /// Usage now. `demand` is this moment's: usage less reclaimable page cache (cache minus shmem,
    /// which v1 and v2 both count as cache), never below zero. A file that is not there
    /// (memory.peak before Linux 5.19) leaves its field absent.
    [[nodiscard]] Usage usage() const;
    /// How many processes the kernel has killed in it for memory, the first of them counted twice
    /// where one kill ends all (memory.oom.group, Linux 6.1); nullopt where it does not say.
    [[nodiscard]] std::optional<std::int64_t> oomKills() const;
    /// It was killed for memory, but not for its own limit, which it never ran out of: the machine
    /// had no memory left, or a cgroup above. Known on v2 alone, where `oom` of memory.events is
    /// counted in the cgroup whose limit it was and `oom_kill` in that of the victim; kernels
    /// without `oom` still count in `max` how often the limit was run into.
    [[nodiscard]] bool killedForOthers() const;
    /// The memory controller is there.
    [[nodiscard]] bool usable() const { return static_cast<bool>(current_); }

private:
    CgroupVersion version_;
    UniqueFd current_, peak_, stat_;
    UniqueFd events_;   ///< memory.oom_control on v1
    UniqueFd failcnt_;  ///< v1 only
};

/// The CPU time that the kernel counts in one cgroup: `usage_usec` of cpu.stat, which every v2
/// cgroup has, or cpuacct.usage in a v1 hierarchy of that controller. The file stays open.
class CgroupCpuClock {
public:
    CgroupCpuClock() = default;
    CgroupCpuClock(CgroupVersion version, const CgroupFiles& files);

    /// Of all that were ever in it; nullopt where the kernel does not say.
    [[nodiscard]] std::optional<double> seconds() const;

private:
    CgroupVersion version_ = CgroupVersion::v1;
    UniqueFd file_;
};

/// The limit as the kernel has it (rounded to pages); nullopt: none.
[[nodiscard]] std::optional<Bytes> memoryLimit(CgroupVersion version, const CgroupFiles& files);

/// Sets the limit, with no swap on top of it; on v2 also memory.oom.group, as Kubernetes does since
/// 1.28: one kill ends the whole instance. Errors: the system's reason.
[[nodiscard]] Result<void> limitMemory(CgroupVersion version, const CgroupFiles& files,
                                       Bytes limit);

/// Sets the CPU quota, in thousandths of a CPU, in a v1 `cpu` cgroup or a v2 one.
[[nodiscard]] Result<void> limitCpu(CgroupVersion version, const CgroupFiles& files,
                                    std::int64_t milli);

}  // namespace memfit::plugin
