#include "kubectl/private_folder.h"

#include <fmt/format.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill() is not in <csignal>
#include <sys/stat.h>
#include <unistd.h>

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

/// Named by a process that is no more.
bool isAbandoned(const std::string& name) {
    if (!name.starts_with(prefix)) return false;
    pid_t pid = 0;
    const char* const begin = name.data() + prefix.size();
    const char* const end = name.data() + name.size();
    const auto [after, error] = std::from_chars(begin, end, pid);
    if (error != std::errc{} || after == end || *after != '-' || pid <= 0) return false;
    return ::kill(pid, 0) == -1 && errno == ESRCH;
}

void removeAbandoned(const fs::path& parent) {
    std::error_code error;
    // Not a range-for: its increment throws when the folder changes badly under it.
    for (fs::directory_iterator at(parent, error); !error && at != fs::directory_iterator();
         at.increment(error)) {
        std::error_code ignored;
        if (isAbandoned(at->path().filename().string()) && isOurFolder(at->path())) {
            fs::remove_all(at->path(), ignored);
        }
    }
}

}  // namespace

Result<PrivateFolder> PrivateFolder::make() {
    const auto parent = parentFolder();
    removeAbandoned(parent);
    std::string name = (parent / fmt::format("{}{}-XXXXXX", prefix, ::getpid())).string();
    if (::mkdtemp(name.data()) == nullptr) {
        return failure(fmt::format("cannot make a private folder in {}: {}", parent.string(),
                                   std::strerror(errno)),
                       "set TMPDIR to a folder that can be written to");
    }
    return PrivateFolder(name);
}

PrivateFolder::PrivateFolder(PrivateFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

PrivateFolder::~PrivateFolder() {
    if (path_.empty()) return;
    std::error_code ignored;  // nobody to tell; the next run removes it
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace memfit::plugin
