#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "process/exit_watch.h"

namespace memfit::plugin {

namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

struct Watched : std::enable_shared_from_this<Watched> {
    Watched(boost::asio::io_context& context, std::function<bool()> asked)
        : pidfd(context), ended(std::move(asked)) {}

    void await() {
        pidfd.async_wait(Descriptor::wait_read,
                         [self = shared_from_this()](const boost::system::error_code& error) {
                             if (error || self->ended()) return;
                             self->await();
                         });
    }

    Descriptor pidfd;
    std::function<bool()> ended;
};

class PidfdWatch final : public ExitWatch {
public:
    explicit PidfdWatch(std::shared_ptr<Watched> watched) : watched_(std::move(watched)) {}
    PidfdWatch(const PidfdWatch&) = delete;
    PidfdWatch& operator=(const PidfdWatch&) = delete;
    ~PidfdWatch() override {
        boost::system::error_code ignored;
        watched_->pidfd.close(ignored);
    }

private:
    std::shared_ptr<Watched> watched_;
};

}  // namespace

Result<std::unique_ptr<ExitWatch>> watchExit(boost::asio::io_context& context, pid_t process,
                                             std::function<bool()> ended) {
    const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
    if (pidfd == -1) return failure(std::strerror(errno));
    (void)::fcntl(pidfd, F_SETFD, FD_CLOEXEC);
    auto watched = std::make_shared<Watched>(context, std::move(ended));
    watched->pidfd.assign(pidfd);
    watched->await();
    return std::unique_ptr<ExitWatch>(new PidfdWatch(std::move(watched)));
}

}  // namespace memfit::plugin
