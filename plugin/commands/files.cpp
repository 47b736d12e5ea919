#include "commands/files.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

namespace memfit::plugin {
namespace {

constexpr std::size_t largestFile = std::size_t{1} << 30U;

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

Result<std::string> readFile(const std::string& name) {
    if (name == "-") return readAll(std::cin, "standard input");
    errno = 0;
    std::ifstream file(name, std::ios::binary);
    if (!file) {
        return failure(fmt::format("cannot open {}: {}", name, std::strerror(errno)),
                       "give a file that squeeze, bench or recommend wrote with -o json");
    }
    // A directory opens like a file and fails at the first read.
    if (file.peek() == std::ifstream::traits_type::eof() && errno != 0) {
        return failure(fmt::format("cannot read {}: {}", name, std::strerror(errno)));
    }
    file.clear();
    return readAll(file, name);
}

}  // namespace

Result<Results> readResultFiles(const std::vector<std::string>& files) {
    Results results;
    for (const auto& name : files) {
        const auto text = readFile(name);
        if (!text) return text.error();
        const std::string shown = name == "-" ? "<stdin>" : name;
        if (auto read = readDocuments(*text, shown, results); !read) return read.error();
    }
    return results;
}

}  // namespace memfit::plugin
