#pragma once

#include <filesystem>

#include "memfit/error.h"

namespace memfit::plugin {

/// A folder of our own with mode 0700, removed with all it holds at destruction. Its name carries
/// our process id, so that what a killed run left can be told and removed.
class PrivateFolder {
public:
    /// In $XDG_RUNTIME_DIR when that is a folder of ours, else in the system's temporary folder.
    /// Removes those of our user whose process is gone. Errors: cannot be made.
    [[nodiscard]] static Result<PrivateFolder> make();

    PrivateFolder(PrivateFolder&& other) noexcept;
    PrivateFolder& operator=(PrivateFolder&&) = delete;
    PrivateFolder(const PrivateFolder&) = delete;
    PrivateFolder& operator=(const PrivateFolder&) = delete;
    ~PrivateFolder();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    explicit PrivateFolder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace memfit::plugin
