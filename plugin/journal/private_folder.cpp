#include "journal/private_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill() is not in <csignal>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace memfit::plugin {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "kubectl-memfit-";

bool isOurFolder(const fs::path& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
           status.st_uid == ::geteuid();
}

fs::path parentFolder() {
    const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
    if (runtime != nullptr && *runtime == '/' && isOurFolder(runtime)) return runtime;
    std::error_code error;
    auto folder = fs::temp_directory_path(error);
    return error ? fs::path("/tmp") : folder;
}

/// Named by a process that no longer runs.
bool isOfDeadProcess(const std::string& name) {
    if (!name.starts_with(prefix)) return false;
    pid_t pid = 0;
    const char* const begin = name.data() + prefix.size();
    const char* const end = name.data() + name.size();
    const auto [after, error] = std::from_chars(begin, end, pid);
    if (error != std::errc{} || after == end || *after != '-' || pid <= 0) return false;
    return ::kill(pid, 0) == -1 && errno == ESRCH;
}

UniqueFd openFolder(const fs::path& path) {
    return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

/// Whether its process still runs, perhaps in another container, where we cannot see it.
bool isLocked(const fs::path& path) {
    const auto folder = openFolder(path);
    return folder && ::flock(folder.get(), LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK;
}

std::vector<fs::path> abandonedIn(const fs::path& parent) {
    std::vector<fs::path> found;
    std::error_code error;
    // Not a range-for: its increment throws when the folder changes badly under it.
    for (fs::directory_iterator at(parent, error); !error && at != fs::directory_iterator();
         at.increment(error)) {
        const auto& path = at->path();
        if (isOfDeadProcess(path.filename().string()) && isOurFolder(path) && !isLocked(path)) {
            found.push_back(path);
        }
    }
    std::ranges::sort(found);
    return found;
}

bool isUsable(const fs::path& folder) {
    std::error_code ignored;
    return fs::is_directory(folder, ignored) && ::access(folder.c_str(), W_OK | X_OK) == 0;
}

}  // namespace

fs::path dataFolder() {
    const char* const wanted = std::getenv("TMPDIR");
    if (wanted != nullptr && *wanted != '\0') return wanted;
    if (isUsable("/var/tmp")) return "/var/tmp";
    std::error_code error;
    auto folder = fs::temp_directory_path(error);
    return error ? fs::path("/tmp") : folder;
}

std::vector<fs::path> abandonedFolders() {
    auto found = abandonedIn(parentFolder());
    if (dataFolder() == parentFolder()) return found;
    const auto others = abandonedIn(dataFolder());
    found.insert(found.end(), others.begin(), others.end());
    return found;
}

bool removeWhole(const fs::path& folder) {
    std::error_code error;
    fs::remove_all(folder, error);
    if (!error) return true;
    // A program may have left folders that nothing may be taken out of.
    fs::permissions(folder, fs::perms::owner_all, fs::perm_options::add, error);
    for (fs::recursive_directory_iterator at(folder, error);
         !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
        std::error_code ignored;
        if (!at->is_symlink(ignored) && at->is_directory(ignored)) {
            fs::permissions(at->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
        }
    }
    fs::remove_all(folder, error);
    return !error;
}

Result<PrivateFolder> PrivateFolder::make() {
    return makeIn(parentFolder());
}

Result<PrivateFolder> PrivateFolder::makeForData() {
    return makeIn(dataFolder());
}

Result<PrivateFolder> PrivateFolder::makeIn(const fs::path& parent) {
    for (const auto& abandoned : abandonedIn(parent)) removeWhole(abandoned);
    std::error_code error;
    const auto absolute = fs::absolute(parent, error);
    std::string name = (absolute / fmt::format("{}{}-XXXXXX", prefix, ::getpid())).string();
    if (::mkdtemp(name.data()) == nullptr) {
        return failure(fmt::format("cannot make a private folder in {}: {}", parent.string(),
                                   std::strerror(errno)),
                       "set TMPDIR to a folder that can be written to");
    }
    auto lock = openFolder(name);
    // On a file system without locks only the process id can tell.
    if (lock) (void)::flock(lock.get(), LOCK_SH | LOCK_NB);
    return PrivateFolder(name, std::move(lock));
}

PrivateFolder::PrivateFolder(PrivateFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

PrivateFolder::~PrivateFolder() {
    // A failure cannot be reported from here; the next run tries again.
    if (!path_.empty()) removeWhole(path_);
}

}  // namespace memfit::plugin
