#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"

namespace memfit::plugin {

enum class CgroupVersion { v1, v2 };

/// Where one controller's hierarchy is mounted, and where in it we are.
struct CgroupPlace {
    CgroupVersion version = CgroupVersion::v1;
    std::filesystem::path mount;  ///< folder at which the hierarchy is mounted
    std::filesystem::path own;    ///< folder of our own cgroup, below `mount` or `mount` itself

    friend bool operator==(const CgroupPlace&, const CgroupPlace&) = default;
};

/// Finds a controller (`memory`, `cpu`) from the texts of /proc/self/mountinfo (proc(5)) and
/// /proc/self/cgroup (cgroups(7)). A v1 mount of the controller is where it lives, also on hybrid
/// hosts; else the v2 mount. A cgroup path that lies outside of what is mounted (bind mounts,
/// cgroup namespaces) means the mount itself. nullopt: neither is mounted.
[[nodiscard]] std::optional<CgroupPlace> findController(std::string_view mountinfo,
                                                        std::string_view procSelfCgroup,
                                                        std::string_view controller);

/// One number of a `name value` file (memory.stat, memory.events, memory.oom_control); nullopt when
/// the name is not there or its value is not a number.
[[nodiscard]] std::optional<std::int64_t> keyedNumber(std::string_view text, std::string_view name);

/// A file with one number. nullopt for anything else, `max` included.
[[nodiscard]] std::optional<std::int64_t> singleNumber(std::string_view text);

/// Does a list separated by spaces (cgroup.controllers) hold this word?
[[nodiscard]] bool hasWord(std::string_view text, std::string_view word);

}  // namespace memfit::plugin
