#include "process/run.h"

#include <fmt/format.h>

#include <boost/algorithm/string/trim.hpp>
#include <chrono>

namespace memfit::plugin {

namespace {
constexpr double lateOutputSeconds = 0.2;
}

std::string lastLine(std::string_view text) {
    const std::size_t end = text.find_last_not_of(" \t\r\n");
    if (end == std::string_view::npos) return {};
    text = text.substr(0, end + 1);
    const std::size_t newline = text.find_last_of("\r\n");
    if (newline != std::string_view::npos) text.remove_prefix(newline + 1);
    return boost::algorithm::trim_copy(std::string(text));
}

std::string Finished::lastError() const {
    return lastLine(err);
}

Result<Finished> run(EventLoop& loop, const std::vector<std::string>& words,
                     const ChildOptions& options, std::optional<double> timeoutSeconds) {
    const auto start = std::chrono::steady_clock::now();
    auto child = Child::start(loop, words, options);
    if (!child) return child.error();
    const WaitEnd end = loop.waitUntil([&child] { return !(*child)->running(); }, timeoutSeconds);
    if (end == WaitEnd::interrupted) return EventLoop::interruption();
    if (end == WaitEnd::timedOut) {
        return failure(fmt::format("{} was still running after {} s", words.front(),
                                   timeoutSeconds.value_or(0)));
    }
    const std::chrono::duration<double> took = (*child)->endedAt() - start;
    (*child)->drain(lateOutputSeconds);
    return Finished{(*child)->exit().value_or(ExitStatus{}),
                    std::string((*child)->out()),
                    std::string((*child)->err()),
                    (*child)->outDropped(),
                    (*child)->errDropped(),
                    took.count()};
}

}  // namespace memfit::plugin
