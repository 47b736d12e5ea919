#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "memfit/error.h"
#include "memfit/trial/trial.h"
#include "testbed/local/cgroup_counters.h"
#include "testbed/local/cgroup_files.h"
#include "testbed/local/cgroup_place.h"

namespace memfit::plugin {

/// What a cgroup is made with.
struct CgroupLimits {
    std::optional<Bytes> memory;           ///< nullopt: none
    std::optional<std::int64_t> cpuMilli;  ///< 1000 is one CPU; nullopt: none
};

/// One cgroup of ours with a memory limit. Destroying it kills what is in it and removes it.
/// A lock on its folder says that we live: what we leave behind at a SIGKILL is known by the lock
/// being free.
class MemoryCgroup {
public:
    MemoryCgroup(MemoryCgroup&&) = default;
    MemoryCgroup& operator=(MemoryCgroup&&) = delete;
    MemoryCgroup(const MemoryCgroup&) = delete;
    MemoryCgroup& operator=(const MemoryCgroup&) = delete;
    ~MemoryCgroup();

    /// `cgroup.procs` of every hierarchy that a member must join.
    [[nodiscard]] std::vector<int> joinFiles() const;

    [[nodiscard]] Usage usage() const { return counters_.usage(); }
    [[nodiscard]] std::optional<std::int64_t> oomKills() const { return counters_.oomKills(); }
    [[nodiscard]] bool killedForOthers() const { return counters_.killedForOthers(); }
    /// CPU time of its members so far; nullopt where the kernel does not count it.
    [[nodiscard]] std::optional<double> cpuSeconds() const { return cpuClock_.seconds(); }
    /// The processes in it.
    [[nodiscard]] std::vector<pid_t> members() const { return files_.members(); }
    /// The limit as the kernel has it (rounded to pages); nullopt: none.
    [[nodiscard]] std::optional<Bytes> limit() const { return memoryLimit(version_, files_); }
    [[nodiscard]] const std::filesystem::path& folder() const { return files_.folder(); }

private:
    friend class CgroupParent;
    MemoryCgroup(CgroupVersion version, CgroupFiles files);

    /// A cgroup of the same name in another hierarchy, in which the members are too.
    struct Companion {
        CgroupFiles files;
        UniqueFd join;
    };

    CgroupVersion version_;
    CgroupFiles files_;
    CgroupCounters counters_;
    UniqueFd join_;
    std::vector<Companion> companions_;  ///< where memory is on v1: for CPU
    CgroupCpuClock cpuClock_;
};

/// The cgroup below which ours are made: our own where that is possible, else the top of what is
/// mounted.
///
/// On v2 a cgroup with processes in it cannot hand controllers down, so we may have to move
/// ourselves into a leaf of our own cgroup first; that is undone at destruction. It works where our
/// cgroup is delegated to us and holds nobody else (`systemd-run --user --scope -p Delegate=yes`).
class CgroupParent {
public:
    /// Looks at this machine (/proc/self/mountinfo, /proc/self/cgroup) and tries it out.
    /// Errors: why no memory cgroup can be made here, for people.
    [[nodiscard]] static Result<std::unique_ptr<CgroupParent>> find(bool withCpu);
    /// As find(), in given places. `cpu`: where the v1 cpu controller is. `cpuacct`: where the
    /// v1 controller is that counts CPU time.
    [[nodiscard]] static Result<std::unique_ptr<CgroupParent>> at(
        const CgroupPlace& memory, const std::optional<CgroupPlace>& cpu,
        const std::optional<CgroupPlace>& cpuacct = std::nullopt);

    CgroupParent(const CgroupParent&) = delete;
    CgroupParent& operator=(const CgroupParent&) = delete;
    ~CgroupParent();

    [[nodiscard]] CgroupVersion version() const { return version_; }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    /// A CPU quota can be given too.
    [[nodiscard]] bool canLimitCpu() const { return cpuFolder_.has_value() || cpuHandedDown_; }

    /// Makes a cgroup with these limits. Errors: the system's reason.
    [[nodiscard]] Result<MemoryCgroup> create(const CgroupLimits& limits);

    /// Removes, with what is in them, cgroups that a run of ours which is no longer alive has left.
    /// Returns how many.
    [[nodiscard]] int removeStale() const;

private:
    CgroupParent() = default;
    [[nodiscard]] Result<void> prepare(const std::filesystem::path& folder);
    [[nodiscard]] Result<void> handDown(const std::filesystem::path& folder);
    [[nodiscard]] Result<void> moveToLeaf(const std::filesystem::path& folder);
    [[nodiscard]] Result<void> limitCpuOf(MemoryCgroup& group, const std::string& name,
                                          std::int64_t milli) const;
    void countCpuOf(MemoryCgroup& group, const std::string& name) const;
    [[nodiscard]] std::string nextName();

    CgroupVersion version_ = CgroupVersion::v1;
    std::filesystem::path folder_;
    std::optional<std::filesystem::path> cpuFolder_;      ///< v1
    std::optional<std::filesystem::path> cpuacctFolder_;  ///< v1
    bool cpuHandedDown_ = false;                          ///< v2
    std::optional<CgroupFiles> leaf_;                     ///< v2: where we moved ourselves
    int made_ = 0;
};

}  // namespace memfit::plugin
