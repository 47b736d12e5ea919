#include "testbed/local/local_testbed.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/replace.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "journal/private_folder.h"
#include "load/load_command.h"
#include "memfit/settings/go_settings.h"
#include "process/child.h"
#include "testbed/local/first_use.h"
#include "testbed/local/listeners.h"
#include "testbed/local/local_instance.h"
#include "testbed/local/processes.h"
#include "text/redact.h"

namespace memfit::plugin {

namespace {

constexpr double portFreeSeconds = 2;

std::optional<std::int64_t> usableCores() {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (::sched_getaffinity(0, sizeof cores, &cores) != 0) return std::nullopt;
    return CPU_COUNT(&cores);
}

/// `MemAvailable:   24241234 kB`
std::optional<Bytes> availableMemory() {
    std::ifstream file("/proc/meminfo");
    std::string name, unit;
    Bytes kilobytes = 0;
    while (file >> name >> kilobytes) {
        if (name == "MemAvailable:") return kilobytes * KiB;
        std::getline(file, unit);
    }
    return std::nullopt;
}

/// The least limit of this v2 cgroup and those above it, up to the top, which has none.
std::optional<Bytes> leastLimitUpFrom(std::filesystem::path folder) {
    std::optional<Bytes> least;
    while (true) {
        const auto files = CgroupFiles::open(folder);
        if (!files || !files->exists("memory.max")) return least;
        const auto limit = singleNumber(files->read("memory.max").value_or(""));
        if (limit) least = std::min(least.value_or(*limit), *limit);
        folder = folder.parent_path();
    }
}

/// What our own cgroup may use at most: in a container, or a slice with a limit, less than the
/// machine has.
std::optional<Bytes> ownLimit(const CgroupParent& parent) {
    if (parent.version() == CgroupVersion::v2) return leastLimitUpFrom(parent.folder());
    const auto files = CgroupFiles::open(parent.folder());
    if (!files) return std::nullopt;
    return keyedNumber(files->read("memory.stat").value_or(""), "hierarchical_memory_limit");
}

std::optional<Bytes> defaultCeiling(const CgroupParent* parent) {
    auto available = availableMemory();
    const auto limit = parent != nullptr ? ownLimit(*parent) : std::nullopt;
    if (limit) available = std::min(available.value_or(*limit), *limit);
    constexpr Bytes page = 4 * KiB;
    return available ? std::optional(*available / 2 / page * page) : std::nullopt;
}

/// Pages of the program that are not in the page cache yet would be charged to the first trial
/// alone, which would then look as if it needed more than the others.
void warmPageCache(const std::string& program) {
    std::ifstream file(program, std::ios::binary);
    std::vector<char> chunk(std::size_t{1} << 20);
    while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()))) {
    }
}

bool isInMemory(const std::filesystem::path& folder) {
    struct statfs status{};
    if (::statfs(folder.c_str(), &status) != 0) return false;
    return status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC;
}

bool usesFolder(const LocalOptions& options) {
    return plugin::usesFolder(options.command) ||
           std::ranges::any_of(options.env, [](const auto& variable) {
               return variable.second.find(folderWord) != std::string::npos;
           });
}

std::string searchPath(const LocalOptions& options) {
    if (const auto set = options.env.find("PATH"); set != options.env.end()) return set->second;
    const char* const inherited = std::getenv("PATH");
    return inherited != nullptr ? inherited : "";
}

}  // namespace

std::map<std::string, std::string> trialEnvironment(const LocalOptions& options,
                                                    const Settings& settings) {
    std::map<std::string, std::string> env = options.env;
    if (options.keepEnv && settings.mode == Mode::plain) return env;
    env["GOMEMLIMIT"] = settings.gomemlimit ? formatGomemlimit(*settings.gomemlimit) : "off";
    if (settings.gogc) env["GOGC"] = *settings.gogc;
    return env;
}

LocalTestbed::LocalTestbed(EventLoop& loop, LocalOptions options)
    : loop_(loop),
      options_(std::move(options)),
      findings_{options_.port, options_.port.has_value(),
                StatsPage(loop, options_.statsPort, options_.statsPath)} {
    if (options_.forceWatchdog) {
        whyNoCgroup_ = "the watchdog was asked for";
    } else if (auto parent = CgroupParent::find(options_.cpuMilli.has_value())) {
        cgroups_ = std::move(*parent);
    } else {
        whyNoCgroup_ = parent.error().what;
        wayToCgroup_ = parent.error().next;
    }
    ceiling_ = options_.ceiling ? options_.ceiling : defaultCeiling(cgroups_.get());
}

LocalTestbed::~LocalTestbed() = default;

Target LocalTestbed::target() const {
    Target target;
    target.type = "process";
    if (!options_.command.empty()) {
        target.name = std::filesystem::path(options_.command.front()).filename().string();
    }
    target.command = redactWords(options_.command);
    target.port = options_.port;
    return target;
}

Environment LocalTestbed::environment() const {
    Environment environment;
    environment.testbed = "process";
    environment.cores = usableCores();
    environment.firstUseSecondsPerMiB = firstUseSecondsPerMiB();
    if (!cgroups_) {
        environment.enforcement = "rss-watchdog";
    } else {
        environment.enforcement =
            cgroups_->version() == CgroupVersion::v1 ? "cgroup-v1" : "cgroup-v2";
    }
    if (options_.cpuMilli && cgroups_ && cgroups_->canLimitCpu()) {
        environment.cpuLimit = fmt::format("{}m", *options_.cpuMilli);
    }
    return environment;
}

std::vector<Warning> LocalTestbed::warnings() const {
    std::vector<Warning> result;
    if (!cgroups_) {
        result.push_back(
            {"no-cgroup",
             fmt::format("no memory cgroup ({}): limits are kept by looking at the memory of the "
                         "processes every few milliseconds, which misses short spikes and kernel "
                         "memory, so the true edge lies higher than the one found{}{}",
                         whyNoCgroup_, wayToCgroup_.empty() ? "" : "; ", wayToCgroup_)});
    }
    if (usesFolder(options_) && isInMemory(dataFolder())) {
        result.push_back(
            {"dir-in-memory",
             fmt::format("{} is in memory, so what the program writes to {{dir}} counts as its "
                         "memory; set TMPDIR to a folder on disk",
                         dataFolder().string())});
    }
    if (options_.cpuMilli && !(cgroups_ && cgroups_->canLimitCpu())) {
        result.push_back({"no-cpu-limit", "no CPU quota can be set here: the program ran without"});
    }
    return result;
}

Result<void> LocalTestbed::prepare() {
    if (prepared_) return {};
    if (options_.command.empty()) return usageError("no program is named", "write it after --");
    const auto program = findProgram(options_.command.front(), searchPath(options_));
    if (!program) return program.error();
    if (options_.readyUrl) {
        auto url = parseReadyUrl(*options_.readyUrl);
        if (!url) return url.error();
        ready_ = std::move(*url);
    }
    warmPageCache(*program);
    prepared_ = true;
    return {};
}

Result<void> LocalTestbed::awaitFreePort() const {
    if (!findings_.port) return {};
    const auto taken = [this]() -> std::optional<Listener> {
        for (const Listener& listener : listenersNow()) {
            if (listener.port == *findings_.port) return listener;
        }
        return std::nullopt;
    };
    auto listener = taken();
    // What an earlier trial left may still be on its way out.
    for (double waited = 0; listener && startedBefore_ && waited < portFreeSeconds;
         waited += 0.02) {
        if (!loop_.pause(0.02)) return EventLoop::interruption();
        listener = taken();
    }
    if (!listener) return {};
    const std::string who = whoListens(*listener);
    return failure(fmt::format("port {} is already taken{}", *findings_.port,
                               who.empty() ? std::string() : " by " + who),
                   "stop it, or let the program listen elsewhere and name that with --port");
}

Result<void> LocalTestbed::begin(const Settings& /*settings*/) {
    return prepare();
}

Result<std::unique_ptr<Instance>> LocalTestbed::start(const Settings& settings,
                                                      const std::string& folder) {
    if (auto done = prepare(); !done) return done.error();
    if (auto freed = awaitFreePort(); !freed) return freed.error();
    const auto limit = settings.limit ? settings.limit : ceiling_;
    ChildOptions childOptions;
    childOptions.env = trialEnvironment(options_, settings);
    for (auto& [name, value] : childOptions.env) {
        boost::algorithm::replace_all(value, folderWord, folder);
    }
    childOptions.unsetEnv = options_.unsetEnv;
    childOptions.out = childOptions.err = {OutputTo::tail, std::size_t{8} * 1024};
    std::optional<MemoryCgroup> cgroup;
    if (cgroups_) {
        auto made = cgroups_->create({limit, options_.cpuMilli});
        if (!made) return made.error();
        cgroup.emplace(std::move(*made));
        childOptions.cgroups = cgroup->joinFiles();
    }
    auto child = Child::start(loop_, withFolder(options_.command, folder), childOptions);
    if (!child) return child.error();
    startedBefore_ = true;
    findings_.stats.disconnect();
    return std::unique_ptr<Instance>(
        new LocalInstance(loop_, std::move(*child), std::move(cgroup), limit, ready_, findings_));
}

}  // namespace memfit::plugin
