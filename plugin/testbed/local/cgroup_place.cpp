#include "testbed/local/cgroup_place.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace memfit::plugin {

namespace fs = std::filesystem;

namespace {

std::vector<std::string_view> splitAt(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        if (const auto part = text.substr(0, end); !part.empty()) parts.push_back(part);
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

bool contains(const std::vector<std::string_view>& parts, std::string_view wanted) {
    return std::ranges::find(parts, wanted) != parts.end();
}

/// The kernel writes space, tab, newline and backslash in paths as `\ooo`.
std::string unescape(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        unsigned value = 0;
        if (text.front() == '\\' && text.size() >= 4) {
            const char* const end = text.data() + 4;
            const auto parsed = std::from_chars(text.data() + 1, end, value, 8);
            if (parsed.ec == std::errc() && parsed.ptr == end && value < 256) {
                result += static_cast<char>(static_cast<unsigned char>(value));
                text.remove_prefix(4);
                continue;
            }
        }
        result += text.front();
        text.remove_prefix(1);
    }
    return result;
}

struct Mount {
    std::string root;   ///< which folder of the hierarchy is mounted
    std::string point;  ///< where
    std::string_view type;
    std::vector<std::string_view> options;
};

/// `36 35 98:0 /root /point rw,noatime master:1 - type source options`
std::optional<Mount> parseMount(std::string_view line) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) return std::nullopt;
    const auto before = splitAt(line.substr(0, dash), ' ');
    const auto after = splitAt(line.substr(dash + 3), ' ');
    if (before.size() < 5 || after.size() < 3) return std::nullopt;
    return Mount{unescape(before[3]), unescape(before[4]), after[0], splitAt(after[2], ',')};
}

/// Our path in the hierarchy that holds `controller` (v1), or in the v2 hierarchy when it is empty.
std::optional<std::string> ownPath(std::string_view procSelfCgroup, std::string_view controller) {
    for (const std::string_view line : splitAt(procSelfCgroup, '\n')) {
        const std::size_t first = line.find(':');
        if (first == std::string_view::npos) continue;
        const std::size_t second = line.find(':', first + 1);
        if (second == std::string_view::npos) continue;
        const auto controllers = line.substr(first + 1, second - first - 1);
        const bool matches = controller.empty() ? line.starts_with("0::")
                                                : contains(splitAt(controllers, ','), controller);
        if (matches) return std::string(line.substr(second + 1));
    }
    return std::nullopt;
}

fs::path ownFolder(const Mount& mount, const std::optional<std::string>& path) {
    const fs::path point(mount.point);
    if (!path) return point;
    const fs::path below = fs::path(*path).lexically_relative(mount.root);
    if (below.empty() || below == "." || *below.begin() == "..") return point;
    return point / below;
}

}  // namespace

std::optional<CgroupPlace> findController(std::string_view mountinfo,
                                          std::string_view procSelfCgroup,
                                          std::string_view controller) {
    std::optional<CgroupPlace> unified;
    for (const std::string_view line : splitAt(mountinfo, '\n')) {
        const auto mount = parseMount(line);
        if (!mount) continue;
        if (mount->type == "cgroup" && contains(mount->options, controller)) {
            return CgroupPlace{CgroupVersion::v1, mount->point,
                               ownFolder(*mount, ownPath(procSelfCgroup, controller))};
        }
        if (mount->type == "cgroup2" && !unified) {
            unified = CgroupPlace{CgroupVersion::v2, mount->point,
                                  ownFolder(*mount, ownPath(procSelfCgroup, {}))};
        }
    }
    return unified;
}

std::optional<std::int64_t> singleNumber(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return value;
}

std::optional<std::int64_t> keyedNumber(std::string_view text, std::string_view name) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ' ') {
            return singleNumber(line.substr(name.size() + 1));
        }
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return std::nullopt;
}

bool hasWord(std::string_view text, std::string_view word) {
    while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    return contains(splitAt(text, ' '), word);
}

}  // namespace memfit::plugin
