// Preloaded into a program, hides memory.peak from it: the file that kernels before Linux 5.19 have
// not. They are not to be had as packages.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>

// The C library declares it with parameters that may be left out.
// NOLINTNEXTLINE(cert-dcl50-cpp,modernize-avoid-variadic-functions)
extern "C" int openat(int folder, const char* name, int flags, ...) {
    if (std::strcmp(name, "memory.peak") == 0) {
        errno = ENOENT;
        return -1;
    }
    std::va_list rest;
    va_start(rest, flags);
    const unsigned mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, unsigned) : 0U;
    va_end(rest);
    return static_cast<int>(::syscall(SYS_openat, folder, name, flags, mode));
}
