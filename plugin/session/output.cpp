#include "session/output.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <ostream>

#include "memfit/report/yaml.h"

namespace memfit::plugin {
namespace {

bool useColor(const Options& options, const Streams& streams) {
    switch (options.color) {
        case ColorWish::always:
            return true;
        case ColorWish::never:
            return false;
        case ColorWish::automatic:
            return streams.outIsTerminal && streams.colorAllowed;
    }
    return false;
}

}  // namespace

Result<void> printText(const std::string& text, const Streams& streams) {
    errno = 0;
    streams.out << text << std::flush;
    if (streams.out.good()) return {};
    if (errno == EPIPE) {
        return Error{ErrorKind::interrupted, "the reader of standard output is gone", "",
                     std::nullopt};
    }
    return failure("cannot write to standard output", "is the disk full?");
}

Result<void> print(const Printable& result, const Options& options, const Streams& streams) {
    switch (options.output) {
        case OutputFormat::json:
            return printText(result.json, streams);
        case OutputFormat::yaml:
            return printText(jsonToYaml(result.json), streams);
        case OutputFormat::markdown:
            return printText(renderMarkdown(result.report), streams);
        case OutputFormat::html:
            return printText(renderHtml(result.report, result.json), streams);
        case OutputFormat::table:
        case OutputFormat::patch:  // what has no such form is told in words
        case OutputFormat::sarif:
        case OutputFormat::github:
            break;
    }
    TextStyle style;
    style.color = useColor(options, streams);
    return printText(renderText(result.report, style), streams);
}

void printError(const Error& error, const Streams& streams) {
    streams.err << fmt::format("error: {}\n", printable(error.message())) << std::flush;
}

int exitCode(const Error& error, std::optional<int> signal) {
    switch (error.kind) {
        case ErrorKind::usage:
            return exitUsage;
        case ErrorKind::inconclusive:
            return exitInconclusive;
        case ErrorKind::interrupted:
            return exitSignal + signal.value_or(SIGPIPE);
        case ErrorKind::input:
        case ErrorKind::failed:
            break;
    }
    return exitFailed;
}

}  // namespace memfit::plugin
