#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "memfit/error.h"
#include "memfit/units/bytes.h"
#include "process/event_loop.h"
#include "testbed/testbed.h"

namespace memfit::plugin {

/// A program to be run on this machine.
struct LocalOptions {
    std::vector<std::string> command;     ///< program and arguments
    std::optional<int> port;              ///< of the service; nullopt: found out
    std::optional<std::string> readyUrl;  ///< see ReadyUrl; nullopt: it accepts connections
    std::map<std::string, std::string> env;
    std::vector<std::string> unsetEnv;
    std::optional<int> statsPort;
    std::optional<std::string> statsPath;
    std::optional<std::int64_t> cpuMilli;  ///< CPU quota; 1000 is one CPU
    std::optional<Bytes> ceiling;          ///< nullopt: half of the memory that is available
    bool keepEnv = false;        ///< leave inherited GOMEMLIMIT and GOGC alone in plain trials
    bool forceWatchdog = false;  ///< as if no cgroup could be made
};

/// Whether programs of this machine can be measured: only where there is Linux. Errors: kind usage,
/// what to do instead.
[[nodiscard]] Result<void> checkLocal();

/// Where they are measured. Errors: as checkLocal.
[[nodiscard]] Result<std::unique_ptr<Testbed>> openLocalTestbed(EventLoop& loop,
                                                                const LocalOptions& options);

}  // namespace memfit::plugin
