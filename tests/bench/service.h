#pragma once

#include <string>
#include <vector>

#include "testbed/local/local_testbed.h"
#include "trial/trial_runner.h"

namespace memfit::bench {

/// A real service and its load, as `recommend --local` would run them.
struct Service {
    plugin::LocalOptions options;
    plugin::LoadPlan plan;
};

/// `program` serves /v1/users on port 3000 (examples/sales-api). Ends the process with a message
/// when the load command cannot be read.
[[nodiscard]] inline Service salesApi(const std::string& program, int requests) {
    Service service;
    service.options.command = {program};
    service.options.port = 3000;
    const auto load =
        plugin::parseLoadCommand("hey -n " + std::to_string(requests) + " -c 10 {url}/v1/users");
    service.plan.load = load.value();
    return service;
}

}  // namespace memfit::bench
