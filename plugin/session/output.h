#pragma once

#include <iosfwd>
#include <string>

#include "cli/options.h"
#include "memfit/error.h"
#include "memfit/report/report.h"

namespace memfit::plugin {

/// Where a command writes, and what it knows of it.
struct Streams {
    std::ostream& out;
    std::ostream& err;
    bool outIsTerminal = false;
    bool errIsTerminal = false;
    bool colorAllowed = true;  ///< false with NO_COLOR set or TERM=dumb
};

/// A result in both its shapes; which one is printed depends on --output.
struct Printable {
    std::string json;
    Report report;
};

/// Prints a result as --output says. Errors: kind interrupted when the reader has gone (then the
/// signal to report is SIGPIPE), kind failed when standard output cannot be written to.
[[nodiscard]] Result<void> print(const Printable& result, const Options& options,
                                 const Streams& streams);

/// Prints plain text to standard output; errors as above.
[[nodiscard]] Result<void> printText(const std::string& text, const Streams& streams);

/// Says an error on standard error, in one line.
void printError(const Error& error, const Streams& streams);

/// What the program's exit code means.
enum ExitCode : int {
    exitDone = 0,
    exitFailed = 1,        ///< cluster, program, load or input
    exitUsage = 2,         ///< the command line
    exitFound = 3,         ///< --check or lint found something
    exitInconclusive = 4,  ///< no edge within bounds or trials
    exitSignal = 128,      ///< and the number of the signal
};

/// The exit code for an error, as `kubectl memfit --help` lists them; `signal`: the one that
/// interrupted the run.
[[nodiscard]] int exitCode(const Error& error, std::optional<int> signal);

}  // namespace memfit::plugin
