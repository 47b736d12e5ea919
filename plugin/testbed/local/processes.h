#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/units/bytes.h"

namespace memfit::plugin {

/// What /proc/PID/stat says of a process's relatives.
struct ProcessRelations {
    pid_t parent = 0;
    pid_t group = 0;

    friend bool operator==(const ProcessRelations&, const ProcessRelations&) = default;
};

/// Parses /proc/PID/stat; the name in it may hold anything, parentheses and spaces too.
[[nodiscard]] std::optional<ProcessRelations> parseProcessStat(std::string_view text);

/// CPU time of a process and of those of its children that have ended and were waited for, in clock
/// ticks of the system, from /proc/PID/stat: utime, stime, cutime and cstime of proc(5).
[[nodiscard]] std::optional<std::int64_t> parseCpuTicks(std::string_view text);

/// Memory that the process itself holds: RssAnon + RssShmem of /proc/PID/status. nullopt: not there
/// (kernel threads and zombies have none).
[[nodiscard]] std::optional<Bytes> parseHeldMemory(std::string_view status);

/// All processes of group `leader`, and all that descend from `leader`; zombies too.
[[nodiscard]] std::vector<pid_t> processTree(pid_t leader);

/// CPU seconds of these processes so far; what cannot be read of them is left out. nullopt: none
/// can.
[[nodiscard]] std::optional<double> cpuSecondsOf(const std::vector<pid_t>& processes);

/// As parseHeldMemory, of a running process.
[[nodiscard]] std::optional<Bytes> heldMemory(pid_t process);

/// The process's name, or empty.
[[nodiscard]] std::string processName(pid_t process);

/// Numbers of all processes that can be seen.
[[nodiscard]] std::vector<pid_t> allProcesses();

/// A small file of /proc; empty when it cannot be read.
[[nodiscard]] std::string readProcFile(const std::string& path);

}  // namespace memfit::plugin
