#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <vector>

#include "commands/run.h"

int main(int argc, char** argv) {
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
