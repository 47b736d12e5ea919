#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

namespace memfit::plugin {

/// Looks out for the reader of a pipe of ours going away; destroying it ends that.
class OutputWatch {
public:
    OutputWatch() = default;
    OutputWatch(const OutputWatch&) = delete;
    OutputWatch& operator=(const OutputWatch&) = delete;
    virtual ~OutputWatch() = default;
};

/// Calls `closed` once, in the loop, when nobody reads from the pipe `fd` any more. The descriptor
/// stays as it is, blocking. On Linux the loop is told; elsewhere it looks twice a second. Null: it
/// cannot be watched.
[[nodiscard]] std::unique_ptr<OutputWatch> watchReader(boost::asio::io_context& context, int fd,
                                                       std::function<void()> closed);

}  // namespace memfit::plugin
