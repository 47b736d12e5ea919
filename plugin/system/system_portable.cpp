#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "system/system.h"

// POSIX leaves its declaration to the program.
extern "C" char** environ;  // NOLINT(readability-redundant-declaration)

namespace memfit::plugin {

namespace {

bool setCloseOnExec(int fd) {
    return ::fcntl(fd, F_SETFD, FD_CLOEXEC) != -1;
}

/// What /dev/fd lists, or nothing: some systems show only the standard streams there, and a list
/// that lacks the descriptor it is read through is such a one.
std::optional<std::vector<int>> listedDescriptors() {
    DIR* const folder = ::opendir("/dev/fd");
    if (folder == nullptr) return std::nullopt;
    const int own = ::dirfd(folder);
    std::vector<int> found;
    while (const dirent* const entry = ::readdir(folder)) {
        const std::string_view name(static_cast<const char*>(entry->d_name));
        int fd = -1;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), fd);
        if (error == std::errc() && end == name.data() + name.size()) found.push_back(fd);
    }
    const bool complete = std::find(found.begin(), found.end(), own) != found.end();
    ::closedir(folder);
    if (!complete) return std::nullopt;
    return found;
}

/// Every number that may be one, up to a bound that keeps this short where there is no limit.
std::vector<int> triedDescriptors() {
    constexpr long most = 65536;
    const long limit = ::sysconf(_SC_OPEN_MAX);
    const int end = static_cast<int>(limit < 0 ? most : std::min(limit, most));
    std::vector<int> found;
    for (int fd = 0; fd < end; ++fd) {
        if (::fcntl(fd, F_GETFD) != -1) found.push_back(fd);
    }
    return found;
}

}  // namespace

Result<Pipe> makePipe() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) == -1) {
        return failure(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    }
    UniqueFd readEnd(ends[0]), writeEnd(ends[1]);
    // Nothing is started in between: only one thread runs at any moment.
    if (!setCloseOnExec(ends[0]) || !setCloseOnExec(ends[1])) {
        return failure(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    }
    return Pipe{std::move(readEnd), std::move(writeEnd)};
}

const char* const* ownEnvironment() {
    return ::environ;
}

std::vector<int> openDescriptors() {
    auto listed = listedDescriptors();
    return listed ? *std::move(listed) : triedDescriptors();
}

void closeFrom(int first, std::span<const int> open) {
    for (const int fd : open) {
        if (fd >= first) ::close(fd);
    }
}

void closeOnExecFrom(int first, std::span<const int> open) {
    for (const int fd : open) {
        if (fd >= first) (void)setCloseOnExec(fd);
    }
}

bool dieWithParent() {
    return true;
}

void nameProcess(const char* /*name*/) {}

}  // namespace memfit::plugin
