#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "system/system.h"

namespace memfit::plugin {

Result<Pipe> makePipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) == -1) {
        return failure(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    }
    return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

const char* const* ownEnvironment() {
    return ::environ;
}

std::vector<int> openDescriptors() {
    return {};
}

void closeFrom(int first, std::span<const int> /*open*/) {
    (void)::close_range(static_cast<unsigned>(first), ~0U, 0);
}

void closeOnExecFrom(int first, std::span<const int> /*open*/) {
    (void)::close_range(static_cast<unsigned>(first), ~0U, CLOSE_RANGE_CLOEXEC);
}

bool dieWithParent() {
    return ::prctl(PR_SET_PDEATHSIG, SIGKILL) != -1;
}

void nameProcess(const char* name) {
    (void)::prctl(PR_SET_NAME, name);
}

}  // namespace memfit::plugin
