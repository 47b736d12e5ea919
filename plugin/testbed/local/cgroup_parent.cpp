#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "testbed/local/memory_cgroup.h"
#include "testbed/local/processes.h"

namespace memfit::plugin {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view namePrefix = "memfit-";
constexpr double removeSeconds = 5;

std::string readFile(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Makes a cgroup and locks its folder. Errors: not permitted, there already, or taken away by
/// another run between the two steps.
Result<CgroupFiles> makeFolder(const fs::path& folder) {
    if (::mkdir(folder.c_str(), 0755) == -1) {
        return failure(fmt::format("cannot make {}: {}", folder.string(), std::strerror(errno)));
    }
    auto files = CgroupFiles::open(folder);
    if (files && ::flock(files->descriptor(), LOCK_EX | LOCK_NB) == -1) {
        return failure(fmt::format("cannot lock {}: {}", folder.string(), std::strerror(errno)));
    }
    return files;
}

/// Named as nextName() names them, by a process that is no more. Anything else, whatever its name
/// begins with, is somebody else's.
bool isOfDeadRun(const std::string& name) {
    if (!name.starts_with(namePrefix)) return false;
    const char* const begin = name.data() + namePrefix.size();
    const char* const end = name.data() + name.size();
    pid_t pid = 0;
    const auto [dash, pidError] = std::from_chars(begin, end, pid);
    if (pidError != std::errc{} || pid <= 0 || dash == end || *dash != '-') return false;
    unsigned number = 0;
    const auto [last, numberError] = std::from_chars(dash + 1, end, number);
    if (numberError != std::errc{} || last != end) return false;
    // One that has ended but was not reaped yet holds no memory either.
    return !heldMemory(pid);
}

/// Where cgroups can be made: below our own, else at the top of what is mounted; nullopt: nowhere.
std::optional<fs::path> writableFolder(const CgroupPlace& place) {
    if (::access(place.own.c_str(), W_OK) == 0) return place.own;
    if (::access(place.mount.c_str(), W_OK) == 0) return place.mount;
    return std::nullopt;
}

/// What to try where no cgroup can be made.
std::string wayOut(CgroupVersion version) {
    if (::geteuid() == 0) {
        return "run its container with cgroups that it can write to (docker run --privileged)";
    }
    return version == CgroupVersion::v2
               ? "start memfit with systemd-run --user --scope -p Delegate=yes, or as root"
               : "start memfit as root";
}

int removeStaleIn(const fs::path& parent) {
    const auto files = CgroupFiles::open(parent);
    if (!files) return 0;
    int removed = 0;
    for (const std::string& name : files->children()) {
        if (!isOfDeadRun(name)) continue;
        const auto child = CgroupFiles::open(parent / name);
        if (!child || ::flock(child->descriptor(), LOCK_EX | LOCK_NB) != 0) continue;
        if (killAndRemove(parent / name, removeSeconds)) ++removed;
    }
    return removed;
}

}  // namespace

Result<std::unique_ptr<CgroupParent>> CgroupParent::find(bool withCpu) {
    const std::string mounts = readFile("/proc/self/mountinfo");
    const std::string own = readFile("/proc/self/cgroup");
    const auto memory = findController(mounts, own, "memory");
    if (!memory) return failure("no memory cgroup hierarchy is mounted");
    return at(*memory, withCpu ? findController(mounts, own, "cpu") : std::nullopt,
              findController(mounts, own, "cpuacct"));
}

Result<std::unique_ptr<CgroupParent>> CgroupParent::at(const CgroupPlace& memory,
                                                       const std::optional<CgroupPlace>& cpu,
                                                       const std::optional<CgroupPlace>& cpuacct) {
    std::unique_ptr<CgroupParent> parent(new CgroupParent);
    parent->version_ = memory.version;
    const auto isV1 = [](const std::optional<CgroupPlace>& place) {
        return place && place->version == CgroupVersion::v1;
    };
    if (isV1(cpu)) parent->cpuFolder_ = writableFolder(*cpu);
    // A v2 memory cgroup counts CPU time itself.
    if (isV1(memory) && isV1(cpuacct)) parent->cpuacctFolder_ = writableFolder(*cpuacct);
    auto ready = parent->prepare(memory.own);
    if (!ready && memory.own != memory.mount) {
        if (parent->prepare(memory.mount)) ready = {};
    }
    if (!ready) return failure(ready.error().what, wayOut(memory.version));
    return parent;
}

CgroupParent::~CgroupParent() {
    if (!leaf_) return;
    // While controllers are handed down we cannot be a member, so that is taken back first.
    if (const auto files = CgroupFiles::open(leaf_->folder().parent_path())) {
        (void)files->tryWrite("cgroup.subtree_control", "-memory");
        (void)files->tryWrite("cgroup.subtree_control", "-cpu");
        (void)files->tryWrite("cgroup.procs", "0");
    }
    (void)::rmdir(leaf_->folder().c_str());
}

Result<void> CgroupParent::prepare(const fs::path& folder) {
    folder_ = folder;
    if (version_ == CgroupVersion::v2) {
        if (auto handed = handDown(folder); !handed) return handed;
    }
    (void)removeStale();
    const auto trial = create({});
    if (!trial) return trial.error();
    return {};
}

Result<void> CgroupParent::handDown(const fs::path& folder) {
    const auto files = CgroupFiles::open(folder);
    if (!files) return files.error();
    const std::string available = files->read("cgroup.controllers").value_or("");
    if (!hasWord(available, "memory")) {
        return failure(
            fmt::format("the memory controller is not delegated to {}", folder.string()));
    }
    const auto handedDown = [&files](std::string_view controller) {
        return hasWord(files->read("cgroup.subtree_control").value_or(""), controller);
    };
    const int refused =
        handedDown("memory") ? 0 : files->tryWrite("cgroup.subtree_control", "+memory");
    if (refused != 0 && refused != EBUSY) {
        return failure(
            fmt::format("{} is not delegated to us: {}", folder.string(), std::strerror(refused)));
    }
    if (refused == EBUSY) {
        if (auto moved = moveToLeaf(folder); !moved) return moved;
        if (files->tryWrite("cgroup.subtree_control", "+memory") != 0) {
            return failure(fmt::format("{} holds other processes", folder.string()));
        }
    }
    if (hasWord(available, "cpu") && !handedDown("cpu")) {
        (void)files->tryWrite("cgroup.subtree_control", "+cpu");
    }
    cpuHandedDown_ = handedDown("cpu");
    return {};
}

Result<void> CgroupParent::moveToLeaf(const fs::path& folder) {
    const fs::path leaf = folder / nextName();
    auto files = makeFolder(leaf);
    if (!files) return files.error();
    leaf_.emplace(std::move(*files));
    return leaf_->write("cgroup.procs", "0");
}

std::string CgroupParent::nextName() {
    return fmt::format("{}{}-{}", namePrefix, ::getpid(), ++made_);
}

Result<MemoryCgroup> CgroupParent::create(const CgroupLimits& limits) {
    constexpr int attempts = 5;
    std::string name = nextName();
    auto files = makeFolder(folder_ / name);
    for (int attempt = 1; !files && attempt < attempts; ++attempt) {
        name = nextName();
        files = makeFolder(folder_ / name);
    }
    if (!files) return files.error();
    MemoryCgroup group(version_, std::move(*files));
    if (!group.join_ || !group.counters_.usable()) {
        return failure(fmt::format("{} has no memory controller", group.folder().string()));
    }
    // A cgroup inherits this from the one above: then a program at its limit would hang.
    if (version_ == CgroupVersion::v1) (void)group.files_.tryWrite("memory.oom_control", "0");
    if (limits.memory) {
        if (auto done = limitMemory(version_, group.files_, *limits.memory); !done) {
            return done.error();
        }
    }
    if (limits.cpuMilli) {
        if (auto done = limitCpuOf(group, name, *limits.cpuMilli); !done) return done.error();
    }
    countCpuOf(group, name);
    return group;
}

Result<void> CgroupParent::limitCpuOf(MemoryCgroup& group, const std::string& name,
                                      std::int64_t milli) const {
    if (cpuHandedDown_) return limitCpu(version_, group.files_, milli);
    if (!cpuFolder_) return {};
    auto files = makeFolder(*cpuFolder_ / name);
    if (!files) return files.error();
    auto join = files->openFile("cgroup.procs", O_WRONLY);
    group.companions_.push_back({std::move(*files), std::move(join)});
    return limitCpu(CgroupVersion::v1, group.companions_.back().files, milli);
}

/// CPU time is worth having, and nothing fails for want of it.
void CgroupParent::countCpuOf(MemoryCgroup& group, const std::string& name) const {
    if (version_ == CgroupVersion::v2) {
        group.cpuClock_ = CgroupCpuClock(version_, group.files_);
        return;
    }
    if (!cpuacctFolder_) return;
    const fs::path folder = *cpuacctFolder_ / name;
    // Often cpu and cpuacct are one hierarchy.
    const auto same = std::ranges::find_if(group.companions_, [&](const auto& companion) {
        return companion.files.folder() == folder;
    });
    if (same != group.companions_.end()) {
        group.cpuClock_ = CgroupCpuClock(version_, same->files);
        return;
    }
    auto files = makeFolder(folder);
    if (!files) return;
    auto join = files->openFile("cgroup.procs", O_WRONLY);
    CgroupCpuClock clock(version_, *files);
    if (!join || !clock.seconds()) {
        (void)::rmdir(folder.c_str());
        return;
    }
    group.companions_.push_back({std::move(*files), std::move(join)});
    group.cpuClock_ = std::move(clock);
}

int CgroupParent::removeStale() const {
    int removed = removeStaleIn(folder_);
    if (cpuFolder_) removed += removeStaleIn(*cpuFolder_);
    if (cpuacctFolder_ && cpuacctFolder_ != cpuFolder_) removed += removeStaleIn(*cpuacctFolder_);
    return removed;
}

}  // namespace memfit::plugin
