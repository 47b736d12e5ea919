#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "trial/trial_runner.h"

namespace memfit::plugin {

/// Looks at an instance many times a second while the loop runs: its usage and whether it was
/// killed. Says where the trial is about ten times a second.
class Sampler {
public:
    /// `continuously` false: looks only when told to.
    Sampler(EventLoop& loop, Instance& instance, std::function<void(const TrialMoment&)> onMoment,
            bool continuously = true);
    Sampler(const Sampler&) = delete;
    Sampler& operator=(const Sampler&) = delete;
    ~Sampler();

    void enter(TrialMoment::Phase phase);
    /// Looks once, now.
    void look();
    /// The kernel killed something in it, or its main process has ended.
    [[nodiscard]] bool over() const;
    /// The last usage seen, with the largest demand and peak of all looks.
    [[nodiscard]] const std::optional<Usage>& usage() const;
    [[nodiscard]] double seconds() const;  ///< since the start

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace memfit::plugin
