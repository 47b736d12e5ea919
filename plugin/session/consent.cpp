#include "session/consent.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <ostream>

#include "memfit/report/report.h"

namespace memfit::plugin {
namespace {

/// One line from the terminal; a signal ends the wait.
Result<std::string> readAnswer(EventLoop& loop) {
    boost::asio::posix::stream_descriptor terminal(loop.context(), ::dup(STDIN_FILENO));
    // The handler of a wait that is given up runs later.
    const auto readable = std::make_shared<bool>(false);
    terminal.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                        [readable](const boost::system::error_code& error) { *readable = !error; });
    const auto end = loop.waitUntil([&readable] { return *readable; }, std::nullopt);
    if (end == WaitEnd::interrupted) return EventLoop::interruption();
    std::array<char, 256> buffer{};
    const auto size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size <= 0) return std::string();
    return boost::algorithm::to_lower_copy(
        boost::algorithm::trim_copy(std::string(buffer.data(), static_cast<std::size_t>(size))));
}

}  // namespace

Result<void> askConsent(const Context& context, const std::string& heading,
                        const std::vector<std::string>& lines, const std::string& question) {
    const bool ask = !context.options.yes;
    if (ask || !context.options.quiet) {
        std::string text = heading + "\n";
        for (const auto& line : lines) text += fmt::format("  {}\n", printable(line));
        context.streams.err << text << std::flush;
    }
    if (!ask) return {};
    if (::isatty(STDIN_FILENO) != 1 || !context.streams.errIsTerminal) {
        return usageError("there is no terminal to ask on", "look at the list, and add --yes");
    }
    context.streams.err << question << " [y/N] " << std::flush;
    const auto answer = readAnswer(context.loop);
    if (!answer) return answer.error();
    if (*answer == "y" || *answer == "yes") return {};
    return failure("you did not agree; nothing was created");
}

}  // namespace memfit::plugin
