#pragma once

#include <filesystem>

#include <vector>

#include "memfit/error.h"
#include "system/unique_fd.h"

namespace memfit::plugin {

/// A folder of our own with mode 0700, removed with all it holds at destruction. Its name carries
/// our process id, and a lock on it lives as long as we do (also for those who see other process
/// ids), so that what a killed run left can be told and removed.
class PrivateFolder {
public:
    /// In $XDG_RUNTIME_DIR when that is a folder of ours, else in the system's temporary folder.
    /// Removes those of our user whose process is gone. Errors: cannot be made.
    [[nodiscard]] static Result<PrivateFolder> make();
    /// The same for what a program writes: in dataFolder().
    [[nodiscard]] static Result<PrivateFolder> makeForData();

    PrivateFolder(PrivateFolder&& other) noexcept;
    PrivateFolder& operator=(PrivateFolder&&) = delete;
    PrivateFolder(const PrivateFolder&) = delete;
    PrivateFolder& operator=(const PrivateFolder&) = delete;
    ~PrivateFolder();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    PrivateFolder(std::filesystem::path path, UniqueFd lock)
        : path_(std::move(path)), lock_(std::move(lock)) {}
    [[nodiscard]] static Result<PrivateFolder> makeIn(const std::filesystem::path& parent);

    std::filesystem::path path_;
    UniqueFd lock_;
};

/// $TMPDIR; without it /var/tmp, which is on disk where /tmp is memory on many systems, or what the
/// system calls its temporary folder.
[[nodiscard]] std::filesystem::path dataFolder();

/// The private folders of our user whose process is gone, wherever they are made.
[[nodiscard]] std::vector<std::filesystem::path> abandonedFolders();

/// Removes a folder with all it holds, also where parts of it may not be written to. True: it is
/// gone.
bool removeWhole(const std::filesystem::path& folder);

}  // namespace memfit::plugin
