#include "commands/run.h"

#include <unistd.h>

#include "cli/parse.h"
#include "commands/commands.h"
#include "commands/complete.h"
#include "session/session.h"
#include "testbed/local/local.h"

namespace memfit::plugin {
namespace {

int report(const Error& error, std::optional<int> signal, const Streams& streams) {
    if (error.kind != ErrorKind::interrupted) printError(error, streams);
    return exitCode(error, signal);
}

Result<int> dispatch(const Context& context) {
    if (context.options.local) {
        if (auto possible = checkLocal(); !possible) return possible.error();
    }
    const bool trials = context.kind != CommandKind::cleanup && context.kind != CommandKind::lint;
    if (context.options.dryRun && trials) return runDryRun(context);
    switch (context.kind) {
        case CommandKind::probe:
            return runProbe(context);
        case CommandKind::squeeze:
            return runSqueeze(context);
        case CommandKind::bench:
            return runBench(context);
        case CommandKind::recommend:
            return runRecommend(context);
        case CommandKind::lint:
            return runLint(context);
        case CommandKind::cleanup:
            return runCleanup(context);
    }
    return 0;
}

}  // namespace

int run(const Command& command, const Streams& streams) {
    EventLoop loop;
    loop.watchOutput(STDOUT_FILENO);
    Progress progress(streams.err,
                      {streams.errIsTerminal, command.options.quiet, command.options.verbose});
    const auto result = dispatch({command.kind, command.options, streams, loop, progress});
    return result ? *result : report(result.error(), loop.signal(), streams);
}

int runProgram(const std::vector<std::string>& arguments, const Streams& streams) {
    if (!arguments.empty() && arguments.front() == "__complete") {
        return runComplete({arguments.begin() + 1, arguments.end()}, streams);
    }
    const auto request = parse(arguments);
    if (!request) return report(request.error(), std::nullopt, streams);
    if (const auto* const notice = std::get_if<Notice>(&*request)) {
        const auto printed = printText(notice->text, streams);
        return printed ? 0 : report(printed.error(), std::nullopt, streams);
    }
    return run(std::get<Command>(*request), streams);
}

}  // namespace memfit::plugin
