#include "session/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "system/unique_fd.h"

namespace memfit::plugin {
namespace {

constexpr std::size_t largestFile = std::size_t{1} << 30U;

Error cannotWrite(const std::string& name, int why) {
    return failure(fmt::format("cannot write {}: {}", name, std::strerror(why)),
                   "the file is unchanged; see the diff with --diff");
}

/// 0, or errno.
int writeAll(int file, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

Result<std::string> readAll(std::istream& in, const std::string& name) {
    std::string text;
    std::vector<char> chunk(std::size_t{1} << 16U);
    while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || in.gcount() > 0) {
        text.append(chunk.data(), static_cast<std::size_t>(in.gcount()));
        if (text.size() > largestFile) {
            return inputError(fmt::format("{} is larger than 1 GiB", name),
                              "give the result documents of one target");
        }
    }
    if (in.bad()) return failure(fmt::format("cannot read {}: {}", name, std::strerror(errno)));
    return text;
}

}  // namespace

Result<std::string> readText(const std::string& name, const std::string& next) {
    if (name == "-") return readAll(std::cin, "standard input");
    errno = 0;
    std::ifstream file(name, std::ios::binary);
    if (!file) {
        return failure(fmt::format("cannot open {}: {}", name, std::strerror(errno)), next);
    }
    // A directory opens like a file and fails at the first read.
    if (file.peek() == std::ifstream::traits_type::eof() && errno != 0) {
        return failure(fmt::format("cannot read {}: {}", name, std::strerror(errno)));
    }
    file.clear();
    return readAll(file, name);
}

Result<void> replaceFile(const std::string& name, std::string_view text) {
    std::error_code code;
    const auto target = std::filesystem::canonical(name, code);
    if (code) return cannotWrite(name, code.value());
    struct stat before{};
    if (::stat(target.c_str(), &before) != 0) return cannotWrite(name, errno);
    // A rename would replace a read-only file too; whoever made it so did not mean that.
    if (::access(target.c_str(), W_OK) != 0) return cannotWrite(name, errno);
    auto temporary = (target.parent_path() / ".memfit-XXXXXX").string();
    const UniqueFd file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (file.get() < 0) return cannotWrite(name, errno);
    const auto undone = [&](int why) -> Result<void> {
        ::unlink(temporary.c_str());
        return cannotWrite(name, why);
    };
    if (const int why = writeAll(file.get(), text); why != 0) return undone(why);
    // The owner stays where we may give files away; elsewhere it is ours, as with any editor.
    if (::fchown(file.get(), before.st_uid, before.st_gid) != 0 && errno != EPERM) {
        return undone(errno);
    }
    constexpr mode_t permissions = 07777;
    if (::fchmod(file.get(), before.st_mode & permissions) != 0) return undone(errno);
    if (::fsync(file.get()) != 0) return undone(errno);
    if (::rename(temporary.c_str(), target.c_str()) != 0) return undone(errno);
    return {};
}

Result<Results> readResultFiles(const std::vector<std::string>& files) {
    Results results;
    for (const auto& name : files) {
        const auto text =
            readText(name, "give a file that squeeze, bench or recommend wrote with -o json");
        if (!text) return text.error();
        const std::string shown = name == "-" ? "<stdin>" : name;
        if (auto read = readDocuments(*text, shown, results); !read) return read.error();
    }
    return results;
}

}  // namespace memfit::plugin
