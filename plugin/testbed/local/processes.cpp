#include "testbed/local/processes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "system/unique_fd.h"

namespace memfit::plugin {

namespace {

std::optional<pid_t> toPid(std::string_view text) {
    pid_t pid = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, pid);
    if (parsed.ec != std::errc() || parsed.ptr != end || pid <= 0) return std::nullopt;
    return pid;
}

/// `RssAnon:      1234 kB`
std::optional<Bytes> kilobytes(std::string_view status, std::string_view name) {
    const std::size_t at = status.find(fmt::format("\n{}:", name));
    if (at == std::string_view::npos) return std::nullopt;
    std::string_view value = status.substr(at + name.size() + 2);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    Bytes number = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
    constexpr Bytes largest = Bytes{1} << 50;
    if (parsed.ec != std::errc() || number < 0 || number > largest) return std::nullopt;
    return number * KiB;
}

}  // namespace

std::string readProcFile(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 16384> chunk{};
    while (file) {
        const ssize_t size = ::read(file.get(), chunk.data(), chunk.size());
        if (size <= 0) break;
        text.append(chunk.data(), static_cast<std::size_t>(size));
    }
    return text;
}

std::optional<ProcessRelations> parseProcessStat(std::string_view text) {
    const std::size_t nameEnd = text.rfind(')');
    if (nameEnd == std::string_view::npos) return std::nullopt;
    std::istringstream rest{std::string(text.substr(nameEnd + 1))};
    std::string state;
    ProcessRelations relations;
    if (!(rest >> state >> relations.parent >> relations.group)) return std::nullopt;
    return relations;
}

std::optional<std::int64_t> parseCpuTicks(std::string_view text) {
    constexpr int fieldsBefore = 11;  // from the state to cmajflt
    constexpr int times = 4;
    const std::size_t nameEnd = text.rfind(')');
    if (nameEnd == std::string_view::npos) return std::nullopt;
    std::istringstream rest{std::string(text.substr(nameEnd + 1))};
    std::string skipped;
    for (int i = 0; i < fieldsBefore; ++i) rest >> skipped;
    std::int64_t sum = 0;
    for (int i = 0; i < times; ++i) {
        std::int64_t ticks = 0;
        if (!(rest >> ticks) || ticks < 0) return std::nullopt;
        sum += ticks;
    }
    return sum;
}

std::optional<Bytes> parseHeldMemory(std::string_view status) {
    const auto anon = kilobytes(status, "RssAnon");
    if (!anon) return std::nullopt;
    return *anon + kilobytes(status, "RssShmem").value_or(0);
}

std::vector<pid_t> allProcesses() {
    std::vector<pid_t> result;
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end;
         entry.increment(error)) {
        if (const auto pid = toPid(entry->path().filename().native())) result.push_back(*pid);
    }
    return result;
}

std::vector<pid_t> processTree(pid_t leader) {
    std::multimap<pid_t, pid_t> byParent;
    std::set<pid_t> found;
    std::vector<pid_t> pending{leader};
    for (const pid_t pid : allProcesses()) {
        const auto relations = parseProcessStat(readProcFile(fmt::format("/proc/{}/stat", pid)));
        if (!relations) continue;
        byParent.emplace(relations->parent, pid);
        if (relations->group == leader) pending.push_back(pid);
    }
    while (!pending.empty()) {
        const pid_t pid = pending.back();
        pending.pop_back();
        if (!found.insert(pid).second) continue;
        const auto [first, last] = byParent.equal_range(pid);
        for (auto child = first; child != last; ++child) pending.push_back(child->second);
    }
    return {found.begin(), found.end()};
}

std::optional<double> cpuSecondsOf(const std::vector<pid_t>& processes) {
    const auto ticksPerSecond = static_cast<double>(::sysconf(_SC_CLK_TCK));
    if (!(ticksPerSecond > 0)) return std::nullopt;
    std::optional<double> sum;
    for (const pid_t process : processes) {
        const auto ticks = parseCpuTicks(readProcFile(fmt::format("/proc/{}/stat", process)));
        if (ticks) sum = sum.value_or(0) + static_cast<double>(*ticks) / ticksPerSecond;
    }
    return sum;
}

std::optional<Bytes> heldMemory(pid_t process) {
    return parseHeldMemory(readProcFile(fmt::format("/proc/{}/status", process)));
}

std::string processName(pid_t process) {
    std::string name = readProcFile(fmt::format("/proc/{}/comm", process));
    if (!name.empty() && name.back() == '\n') name.pop_back();
    return name;
}

}  // namespace memfit::plugin
