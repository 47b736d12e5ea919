#include "testbed/local/cgroup_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>

namespace memfit::plugin {

namespace fs = std::filesystem;

Result<CgroupFiles> CgroupFiles::open(const fs::path& folder) {
    CgroupFiles files;
    files.folder_ = folder;
    files.descriptor_.reset(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!files.descriptor_) {
        return failure(fmt::format("cannot open {}: {}", folder.string(), std::strerror(errno)));
    }
    return files;
}

UniqueFd CgroupFiles::openFile(const char* name, int flags) const {
    return UniqueFd(::openat(descriptor_.get(), name, flags | O_CLOEXEC));
}

std::optional<std::string> readAgain(const UniqueFd& file) {
    if (!file) return std::nullopt;
    // Files of the kernel are written anew at every read, so asking once more for nothing costs as
    // much as the first read. It hands out a page at a time: clearly less than that is all.
    constexpr std::size_t surelyAll = 4000;
    std::string text;
    std::array<char, 8192> chunk;
    while (true) {
        const ssize_t size =
            ::pread(file.get(), chunk.data(), chunk.size(), static_cast<off_t>(text.size()));
        if (size < 0) return std::nullopt;
        text.append(chunk.data(), static_cast<std::size_t>(size));
        if (static_cast<std::size_t>(size) < surelyAll) return text;
    }
}

std::optional<std::string> CgroupFiles::read(const char* name) const {
    return readAgain(openFile(name, O_RDONLY));
}

bool CgroupFiles::exists(const char* name) const {
    return ::faccessat(descriptor_.get(), name, F_OK, 0) == 0;
}

int CgroupFiles::tryWrite(const char* name, std::string_view text) const {
    const UniqueFd file = openFile(name, O_WRONLY);
    if (!file) return errno;
    return ::write(file.get(), text.data(), text.size()) >= 0 ? 0 : errno;
}

Result<void> CgroupFiles::write(const char* name, std::string_view text) const {
    const int error = tryWrite(name, text);
    if (error == 0) return {};
    return failure(fmt::format("cannot write {} to {}: {}", text, (folder_ / name).string(),
                               std::strerror(error)));
}

std::vector<pid_t> CgroupFiles::members() const {
    std::vector<pid_t> result;
    const std::string text = read("cgroup.procs").value_or("");
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
        pid_t pid = 0;
        const auto parsed = std::from_chars(at, end, pid);
        if (parsed.ec != std::errc()) break;
        if (pid > 0) result.push_back(pid);
        at = parsed.ptr + 1;
    }
    return result;
}

std::vector<std::string> CgroupFiles::children() const {
    std::vector<std::string> result;
    std::error_code error;
    for (fs::directory_iterator entry(folder_, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code unreadable;
        if (entry->is_directory(unreadable)) result.push_back(entry->path().filename());
    }
    return result;
}

namespace {

constexpr int deepest = 16;

/// One attempt; cgroups below go first.
bool tryRemove(const fs::path& folder, int depth) {
    const auto files = CgroupFiles::open(folder);
    if (!files) return errno == ENOENT;
    for (const pid_t pid : files->members()) {
        if (pid != ::getpid()) (void)::kill(pid, SIGKILL);
    }
    if (depth < deepest) {
        for (const std::string& child : files->children())
            (void)tryRemove(folder / child, depth + 1);
    }
    return ::rmdir(folder.c_str()) == 0 || errno == ENOENT;
}

}  // namespace

bool killAndRemove(const fs::path& folder, double seconds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (!tryRemove(folder, 0)) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        // A killed process leaves its cgroup a moment later; nothing announces that on v1.
        (void)::poll(nullptr, 0, 1);
    }
    return true;
}

}  // namespace memfit::plugin
