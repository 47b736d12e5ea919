#include "memfit/advice/wanted_settings.h"

#include <array>
#include <boost/algorithm/string/case_conv.hpp>

#include "memfit/settings/go_settings.h"

namespace memfit {

namespace {

constexpr std::array kinds{
    WorkloadKind::deployment, WorkloadKind::statefulSet, WorkloadKind::daemonSet,
    WorkloadKind::replicaSet, WorkloadKind::job,         WorkloadKind::cronJob,
    WorkloadKind::pod,
};

GomemlimitWish gomemlimitWish(const GomemlimitAdvice& advice) {
    switch (advice.kind) {
        case GomemlimitAdvice::Kind::leave:
            return {GomemlimitWish::Kind::leave, 0};
        case GomemlimitAdvice::Kind::limitsMemory:
            return {GomemlimitWish::Kind::limitsMemory, 0};
        case GomemlimitAdvice::Kind::bytes:
            return {GomemlimitWish::Kind::bytes, advice.bytes.value_or(0)};
        case GomemlimitAdvice::Kind::unset:
            break;
    }
    return {GomemlimitWish::Kind::unset, 0};
}

GogcWish gogcWish(const AdvisedSettings& advised) {
    if (advised.leaveGogc) return {};
    if (!advised.gogc) return {GogcWish::Kind::unset, 100};
    const auto gogc = parseGogc(*advised.gogc);
    if (gogc.off) return {GogcWish::Kind::off, 100};
    return {GogcWish::Kind::percent, gogc.percent};
}

}  // namespace

MemorySettings wantedSettings(const AdvisedSettings& advised) {
    MemorySettings wanted;
    if (advised.limit)
        wanted.limit = {MemoryWish::Kind::set, *advised.limit, 0};
    else if (!advised.leaveLimit)
        wanted.limit.kind = MemoryWish::Kind::remove;
    if (advised.request) wanted.request = {MemoryWish::Kind::set, *advised.request, 0};
    wanted.gomemlimit = gomemlimitWish(advised.gomemlimit);
    wanted.gogc = gogcWish(advised);
    return wanted;
}

MemorySettings wantedSettings(const AdvisedSettings& advised, double tolerance) {
    auto wanted = wantedSettings(advised);
    for (auto* const wish : {&wanted.limit, &wanted.request})
        wish->slack = static_cast<Bytes>(static_cast<double>(wish->bytes) * tolerance);
    return wanted;
}

std::string kindOfType(const std::string& type) {
    for (const auto kind : kinds) {
        const std::string name(toString(kind));
        if (boost::algorithm::to_lower_copy(name) == boost::algorithm::to_lower_copy(type)) {
            return name;
        }
    }
    return type;
}

std::string apiVersionOfKind(const std::string& kind) {
    if (kind == toString(WorkloadKind::pod)) return "v1";
    const bool batch =
        kind == toString(WorkloadKind::job) || kind == toString(WorkloadKind::cronJob);
    return batch ? "batch/v1" : "apps/v1";
}

WorkloadSelector workloadSelector(const Target& target) {
    if (target.type == "process" || !target.name) return {};
    return {kindOfType(target.type), *target.name, target.ns};
}

}  // namespace memfit
