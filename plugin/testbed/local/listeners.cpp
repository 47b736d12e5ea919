#include "testbed/local/listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <sstream>

#include "testbed/local/processes.h"

namespace memfit::plugin {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view listening = "0A";

std::optional<Listener> parseLine(const std::string& line, bool v6) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout;
    Listener listener;
    if (!(fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >>
          timeout >> listener.inode)) {
        return std::nullopt;
    }
    const std::size_t colon = local.find(':');
    if (state != listening || colon == std::string::npos) return std::nullopt;
    const char* const end = local.data() + local.size();
    const auto parsed = std::from_chars(local.data() + colon + 1, end, listener.port, 16);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    listener.v6 = v6;
    listener.anyAddress = local.find_first_not_of('0') == colon;
    return listener;
}

std::set<std::uint64_t> socketsOf(pid_t process) {
    std::set<std::uint64_t> inodes;
    std::error_code error;
    for (fs::directory_iterator entry(fmt::format("/proc/{}/fd", process), error), end;
         !error && entry != end; entry.increment(error)) {
        std::error_code gone;
        const fs::path link = fs::read_symlink(entry->path(), gone);
        if (const auto inode = socketInode(link.native()); !gone && inode) inodes.insert(*inode);
    }
    return inodes;
}

}  // namespace

std::vector<Listener> parseListeners(std::string_view text, bool v6) {
    std::vector<Listener> result;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        if (const auto listener = parseLine(line, v6)) result.push_back(*listener);
    }
    return result;
}

std::optional<std::uint64_t> socketInode(std::string_view link) {
    constexpr std::string_view prefix = "socket:[";
    if (!link.starts_with(prefix) || !link.ends_with("]")) return std::nullopt;
    link.remove_prefix(prefix.size());
    link.remove_suffix(1);
    std::uint64_t inode = 0;
    const char* const end = link.data() + link.size();
    const auto parsed = std::from_chars(link.data(), end, inode);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return inode;
}

std::vector<Listener> listenersNow() {
    auto result = parseListeners(readProcFile("/proc/self/net/tcp"), false);
    const auto v6 = parseListeners(readProcFile("/proc/self/net/tcp6"), true);
    result.insert(result.end(), v6.begin(), v6.end());
    return result;
}

std::vector<Listener> listenersOf(const std::vector<pid_t>& processes) {
    std::set<std::uint64_t> inodes;
    for (const pid_t process : processes) inodes.merge(socketsOf(process));
    auto result = listenersNow();
    std::erase_if(result, [&inodes](const Listener& it) { return !inodes.contains(it.inode); });
    return result;
}

std::string whoListens(const Listener& listener) {
    for (const pid_t process : allProcesses()) {
        if (socketsOf(process).contains(listener.inode)) {
            return fmt::format("PID {} ({})", process, processName(process));
        }
    }
    return {};
}

}  // namespace memfit::plugin
