#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "process/event_loop.h"
#include "testbed/local/processes.h"

namespace memfit::test {

/// A port of 127.0.0.1 on which nothing listens.
inline int freePort() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    (void)::bind(socket, reinterpret_cast<const sockaddr*>(&address), size);
    (void)::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(socket);
    return ntohs(address.sin_port);
}

/// Members of a process group that still run (zombies are not counted).
inline int runningInGroup(pid_t group) {
    int count = 0;
    for (const pid_t pid : plugin::allProcesses()) {
        const std::string stat = plugin::readProcFile("/proc/" + std::to_string(pid) + "/stat");
        const auto relations = plugin::parseProcessStat(stat);
        const bool zombie = stat.find(") Z ") != std::string::npos;
        if (relations && relations->group == group && !zombie) ++count;
    }
    return count;
}

/// It is there and no zombie.
inline bool runs(pid_t pid) {
    const std::string stat = plugin::readProcFile("/proc/" + std::to_string(pid) + "/stat");
    return !stat.empty() && stat.find(") Z ") == std::string::npos;
}

/// Our own descendants of this name that run.
inline std::vector<pid_t> descendants(const std::string& name) {
    std::vector<pid_t> result;
    for (const pid_t pid : plugin::processTree(::getpid())) {
        if (plugin::processName(pid) == name && runs(pid)) result.push_back(pid);
    }
    return result;
}

/// Looks every few milliseconds until it holds; false after `seconds`.
template <class Condition>
bool comesTrue(plugin::EventLoop& loop, const Condition& condition, double seconds) {
    for (double waited = 0; waited < seconds; waited += 0.005) {
        if (condition()) return true;
        (void)loop.pause(0.005);
    }
    return condition();
}

/// A folder that goes away with everything in it.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "memfit-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    std::filesystem::path file(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name) << text;
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

inline std::string readText(const std::filesystem::path& path) {
    return plugin::readProcFile(path.string());
}

}  // namespace memfit::test
