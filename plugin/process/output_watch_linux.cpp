#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <string>
#include <utility>

#include "process/output_watch.h"

namespace memfit::plugin {

namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

class DescriptorWatch final : public OutputWatch {
public:
    DescriptorWatch(Descriptor descriptor, std::function<void()> closed)
        : descriptor_(std::move(descriptor)) {
        descriptor_.async_wait(Descriptor::wait_error,
                               [closed = std::move(closed)](const auto& failed) {
                                   if (!failed) closed();
                               });
    }

private:
    Descriptor descriptor_;
};

}  // namespace

std::unique_ptr<OutputWatch> watchReader(boost::asio::io_context& context, int fd,
                                         std::function<void()> closed) {
    // asio makes it non-blocking, which a duplicate would share with our own standard output.
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const int copy = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (copy == -1) return nullptr;
    Descriptor descriptor(context);
    boost::system::error_code error;
    descriptor.assign(copy, error);
    if (error) {
        ::close(copy);
        return nullptr;
    }
    return std::make_unique<DescriptorWatch>(std::move(descriptor), std::move(closed));
}

}  // namespace memfit::plugin
