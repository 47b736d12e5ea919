#include "system/system.h"

#include <unistd.h>

#include <cerrno>

namespace memfit::plugin {

ssize_t readThroughSignals(int fd, void* data, std::size_t size) {
    while (true) {
        const ssize_t got = ::read(fd, data, size);
        if (got >= 0 || errno != EINTR) return got;
    }
}

}  // namespace memfit::plugin
