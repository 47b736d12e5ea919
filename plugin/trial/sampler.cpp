#include "trial/sampler.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace memfit::plugin {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds lookEvery{8};
constexpr std::chrono::milliseconds tellEvery{100};

template <class T>
std::optional<T> larger(const std::optional<T>& a, const std::optional<T>& b) {
    return a && b ? std::max(a, b) : (a ? a : b);
}

}  // namespace

struct Sampler::State : std::enable_shared_from_this<State> {
    State(EventLoop& loop, Instance& observed, std::function<void(const TrialMoment&)> tell)
        : timer(loop.context()), instance(&observed), onMoment(std::move(tell)) {}

    boost::asio::steady_timer timer;
    Instance* instance;
    std::function<void(const TrialMoment&)> onMoment;
    TrialMoment::Phase phase = TrialMoment::Phase::starting;
    Clock::time_point start = Clock::now();
    Clock::time_point told;
    std::optional<Usage> usage;
    bool over = false;

    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(Clock::now() - start).count();
    }

    void look() {
        if (auto now = instance->usage()) {
            if (usage) {
                now->peak = larger(now->peak, usage->peak);
                now->demand = larger(now->demand, usage->demand);
                now->limitHits = larger(now->limitHits, usage->limitHits);
            }
            usage = now;
        }
        const InstanceStatus status = instance->status();
        over = over || status.oomKilled || !status.running;
        if (Clock::now() - told >= tellEvery) tell();
    }

    void tell() {
        told = Clock::now();
        if (onMoment) onMoment({phase, seconds(), usage});
    }

    void schedule() {
        timer.expires_after(lookEvery);
        timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error || self->instance == nullptr) return;
            self->look();
            self->schedule();
        });
    }
};

Sampler::Sampler(EventLoop& loop, Instance& instance,
                 std::function<void(const TrialMoment&)> onMoment, bool continuously)
    : state_(std::make_shared<State>(loop, instance, std::move(onMoment))) {
    state_->look();
    if (continuously) state_->schedule();
}

Sampler::~Sampler() {
    state_->instance = nullptr;
    state_->timer.cancel();
}

void Sampler::enter(TrialMoment::Phase phase) {
    state_->phase = phase;
    state_->tell();
}

void Sampler::look() {
    state_->look();
}
bool Sampler::over() const {
    return state_->over;
}
const std::optional<Usage>& Sampler::usage() const {
    return state_->usage;
}
double Sampler::seconds() const {
    return state_->seconds();
}

}  // namespace memfit::plugin
