#include "v2/machine.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/swap.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "load/load_command.h"
#include "support/world.h"
#include "testbed/local/cgroup_files.h"
#include "testbed/local/cgroup_place.h"

namespace memfit::v2 {

namespace fs = std::filesystem;

namespace {

/// Made a swap area by the machine's init.
constexpr const char* swapDevice = "/dev/ram0";

void write(const fs::path& file, const std::string& text) {
    std::ofstream stream(file);
    stream << text << std::flush;
    REQUIRE_MESSAGE(stream.good(), fmt::format("cannot write {} to {}: {}", text, file.string(),
                                               std::strerror(errno)));
}

fs::path ownFolder() {
    const auto place = plugin::findController(test::readText("/proc/self/mountinfo"),
                                              test::readText("/proc/self/cgroup"), "memory");
    REQUIRE(place.has_value());
    return place->own;
}

}  // namespace

Cgroup::Cgroup(const fs::path& path) {
    fs::path parent = hierarchy;
    for (const auto& part : path) {
        write(parent / "cgroup.subtree_control", "+memory +cpu");
        folder_ = parent / part;
        if (fs::create_directory(folder_) && topmost_.empty()) topmost_ = folder_;
        parent = folder_;
    }
    REQUIRE_MESSAGE(!topmost_.empty(), (path.string() + " is there already"));
}

Cgroup::~Cgroup() {
    CHECK(plugin::killAndRemove(topmost_, 5));
}

void Cgroup::limitMemory(Bytes limit) const {
    write(folder_ / "memory.max", std::to_string(limit));
}

void Cgroup::delegateTo(uid_t user) const {
    const std::vector<fs::path> delegated{folder_, folder_ / "cgroup.procs",
                                          folder_ / "cgroup.threads",
                                          folder_ / "cgroup.subtree_control"};
    for (const auto& path : delegated) REQUIRE(::chown(path.c_str(), user, user) == 0);
}

std::vector<std::string> Cgroup::entering() const {
    return {"sh", "-c", R"(echo $$ > "$0" && exec "$@")", (folder_ / "cgroup.procs").string()};
}

std::vector<std::string> Cgroup::enteringAs(uid_t user) const {
    auto words = entering();
    const auto id = std::to_string(user);
    words.insert(words.end(), {"/usr/bin/setpriv", "--reuid", id, "--regid", id, "--clear-groups"});
    return words;
}

std::vector<std::string> Cgroup::children() const {
    const auto files = plugin::CgroupFiles::open(folder_);
    REQUIRE(files.has_value());
    return files->children();
}

Membership::Membership(const Cgroup& cgroup) : before_(ownFolder()) {
    write(cgroup.folder() / "cgroup.procs", "0");
}

Membership::~Membership() {
    std::ofstream(before_ / "cgroup.procs") << "0";
}

Swap::Swap() {
    REQUIRE_MESSAGE(::swapon(swapDevice, 0) == 0, std::strerror(errno));
}

Swap::~Swap() {
    CHECK(::swapoff(swapDevice) == 0);
}

Bytes availableMemory() {
    std::ifstream file("/proc/meminfo");
    std::string name, unit;
    Bytes kilobytes = 0;
    while (file >> name >> kilobytes >> unit)
        if (name == "MemAvailable:") return kilobytes * KiB;
    FAIL("no MemAvailable in /proc/meminfo");
    return 0;
}

plugin::LocalOptions hungry(const std::vector<std::string>& words, const std::string& before) {
    plugin::LocalOptions options;
    if (!before.empty()) {
        const std::string own = "own=/sys/fs/cgroup$(sed s/^0::// /proc/self/cgroup)";
        options.command = {"sh", "-ec", fmt::format("{}; {}; exec \"$@\"", own, before), "sh"};
    }
    options.command.emplace_back(MEMFIT_HUNGRY);
    options.command.insert(options.command.end(), words.begin(), words.end());
    options.command.insert(options.command.end(), {"--listen", "0", "--serve"});
    return options;
}

Trial trialOf(const plugin::LocalOptions& options, std::optional<Bytes> limit,
              const std::string& load) {
    plugin::EventLoop loop;
    plugin::LocalTestbed bed(loop, options);
    REQUIRE(bed.environment().enforcement == "cgroup-v2");
    plugin::LoadPlan plan;
    plan.load = plugin::parseLoadCommand(load).value();
    plan.format = LoadFormat::none;
    plugin::LoadTrialRunner runner(loop, bed, std::move(plan));
    auto record = runner.run(plainSettings(limit), {});
    REQUIRE_MESSAGE(record.has_value(), (record ? "" : record.error().message()));
    return std::move(record->trial);
}

std::string named(Outcome outcome) {
    return std::string(toString(outcome));
}

}  // namespace memfit::v2
