#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"
#include "system/unique_fd.h"

namespace memfit::plugin {

/// The files of one cgroup, opened relative to a held folder, so that a path that was removed and
/// made anew by somebody else is never mistaken for it.
class CgroupFiles {
public:
    /// Errors: cannot be opened.
    [[nodiscard]] static Result<CgroupFiles> open(const std::filesystem::path& folder);

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    [[nodiscard]] int descriptor() const { return descriptor_.get(); }

    /// The text of a file; nullopt when it is not there or not readable.
    [[nodiscard]] std::optional<std::string> read(const char* name) const;
    [[nodiscard]] bool exists(const char* name) const;
    /// 0, or the system's error number.
    [[nodiscard]] int tryWrite(const char* name, std::string_view text) const;
    /// Errors: the system's reason, with the file's path.
    [[nodiscard]] Result<void> write(const char* name, std::string_view text) const;
    /// A descriptor that is kept, for files that are read often or written by a child.
    [[nodiscard]] UniqueFd openFile(const char* name, int flags) const;

    /// The processes in it (not in cgroups below it).
    [[nodiscard]] std::vector<pid_t> members() const;
    /// Names of the cgroups below it.
    [[nodiscard]] std::vector<std::string> children() const;

private:
    std::filesystem::path folder_;
    UniqueFd descriptor_;
};

/// The text of an open file from its beginning; nullopt when it cannot be read.
[[nodiscard]] std::optional<std::string> readAgain(const UniqueFd& file);

/// Kills everything in this cgroup and below and removes it; waits until it is empty, at most
/// `seconds`. True: it is gone.
bool killAndRemove(const std::filesystem::path& folder, double seconds);

}  // namespace memfit::plugin
