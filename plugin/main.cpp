#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "commands/run.h"

namespace {

/// A stream that was closed at the start would be the next file that is opened, and the result
/// would be written into that. What is opened here refuses what the stream is for, so that a
/// result that cannot be printed stays an error.
void occupyClosedStreams() {
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
        if (::fcntl(stream, F_GETFD) != -1) continue;
        (void)::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

/// A pipe that another program has made non-blocking would cut off what its reader does not take at
/// once. Opened anew it blocks, and the others keep theirs as it is.
void awaitReaders() {
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
        const int flags = ::fcntl(stream, F_GETFL);
        if (flags == -1 || (flags & O_NONBLOCK) == 0) continue;
        const std::string path = "/proc/self/fd/" + std::to_string(stream);
        const int blocking = ::open(path.c_str(), O_WRONLY | O_APPEND);
        if (blocking == -1) continue;
        (void)::dup2(blocking, stream);
        ::close(blocking);
    }
}

}  // namespace

int main(int argc, char** argv) {
    occupyClosedStreams();
    awaitReaders();
    // A reader that goes away is noticed by the write that fails, not by a signal.
    std::signal(SIGPIPE, SIG_IGN);
    const char* const noColor = std::getenv("NO_COLOR");
    const char* const terminal = std::getenv("TERM");
    const memfit::plugin::Streams streams{
        std::cout, std::cerr, ::isatty(STDOUT_FILENO) == 1, ::isatty(STDERR_FILENO) == 1,
        (noColor == nullptr || *noColor == '\0') &&
            (terminal == nullptr || std::string_view(terminal) != "dumb")};
    return memfit::plugin::runProgram({argv + 1, argv + argc}, streams);
}
