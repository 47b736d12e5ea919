#include <fmt/format.h>

#include "memfit/advice/recommendation.h"
#include "memfit/settings/go_settings.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

bool aboveTolerance(Bytes set, Bytes advised, double tolerance) {
    return static_cast<double>(set) > static_cast<double>(advised) * (1 + tolerance);
}

/// What is wrong with one memory quantity; nullopt when it fits.
std::optional<std::string> memoryMismatch(std::string_view name, std::optional<Bytes> set,
                                          std::optional<Bytes> advised, double tolerance) {
    if (!set && !advised) return std::nullopt;
    if (!advised)
        return fmt::format("memory {} is {}, none is advised", name, formatQuantity(*set));
    const auto wanted = formatQuantity(*advised);
    if (!set) return fmt::format("memory {} is not set, {} is advised", name, wanted);
    const bool below = *set < *advised;
    if (!below && !aboveTolerance(*set, *advised, tolerance)) return std::nullopt;
    return fmt::format("memory {} is {}, {} the advised {}", name, formatQuantity(*set),
                       below ? "below" : "above", wanted);
}

std::optional<std::string> requestMismatch(const CurrentSettings& set,
                                           const AdvisedSettings& advised, double tolerance) {
    if (!advised.request) return std::nullopt;  // a request without a limit harms nobody
    // The API server sets a missing request to the limit.
    const auto request = set.request ? set.request : set.limit;
    return memoryMismatch("request", request, advised.request, tolerance);
}

std::string advisedText(const CurrentSettings& set, const AdvisedSettings& advised) {
    if (advised.gomemlimit.kind == GomemlimitAdvice::Kind::limitsMemory)
        return fmt::format("the limit, {}, is advised",
                           set.limit ? formatQuantity(*set.limit) : "limits.memory");
    return fmt::format("{} is advised", formatGomemlimit(advised.gomemlimit.bytes.value_or(0)));
}

/// A value whose source was not read may or may not be the advised one.
std::optional<std::string> unknownGomemlimit(const CurrentSettings& set,
                                             const AdvisedSettings& advised) {
    using Kind = GomemlimitAdvice::Kind;
    const auto kind = advised.gomemlimit.kind;
    if (kind == Kind::unset || kind == Kind::leave) return std::nullopt;
    return "GOMEMLIMIT is not known, " + advisedText(set, advised);
}

std::optional<std::string> gomemlimitMismatch(const CurrentSettings& set,
                                              const AdvisedSettings& advised, double tolerance) {
    if (set.gomemlimitUnknown) return unknownGomemlimit(set, advised);
    const auto parsed = parseGomemlimit(set.gomemlimit.value_or(""));
    if (!parsed) return fmt::format("GOMEMLIMIT is {}, at which Go dies at start", *set.gomemlimit);
    if (advised.gomemlimit.kind == GomemlimitAdvice::Kind::leave) return std::nullopt;
    const auto bytes = *parsed;
    if (advised.gomemlimit.kind == GomemlimitAdvice::Kind::unset) {
        if (!bytes) return std::nullopt;
        return fmt::format("GOMEMLIMIT is {}, none is advised", *set.gomemlimit);
    }
    const auto wanted = advisedText(set, advised);
    if (!bytes) return "GOMEMLIMIT is not set, " + wanted;
    const bool byLimit = advised.gomemlimit.kind == GomemlimitAdvice::Kind::limitsMemory;
    const auto target =
        byLimit ? (set.limit ? set.limit : advised.limit) : advised.gomemlimit.bytes;
    const bool lower = target && *bytes <= *target &&
                       (byLimit ? *bytes == *target : !aboveTolerance(*target, *bytes, tolerance));
    if (lower) return std::nullopt;
    return fmt::format("GOMEMLIMIT is {}, {}", *set.gomemlimit, wanted);
}

std::optional<std::string> gogcMismatch(const CurrentSettings& set,
                                        const AdvisedSettings& advised) {
    if (advised.leaveGogc) return std::nullopt;
    const auto now = parseGogc(set.gogc.value_or(""));
    const auto wanted = parseGogc(advised.gogc.value_or(""));
    if (set.gogcUnknown) {
        if (!wanted.off) return std::nullopt;
        return fmt::format("GOGC is not known, {} is advised", formatGogc(wanted));
    }
    if (now.malformed)
        return fmt::format("GOGC is {}, which Go does not understand, {} is advised", *set.gogc,
                           formatGogc(wanted));
    if (now.off == wanted.off && (now.off || now.percent == wanted.percent)) return std::nullopt;
    return fmt::format("GOGC is {}, {} is advised", set.gogc ? formatGogc(now) : "not set",
                       formatGogc(wanted));
}

}  // namespace

std::vector<std::string> mismatches(const CurrentSettings& set, const AdvisedSettings& advised,
                                    double tolerance) {
    std::vector<std::string> clauses;
    const auto add = [&](std::optional<std::string> clause) {
        if (clause) clauses.push_back(*std::move(clause));
    };
    if (!advised.leaveLimit) add(memoryMismatch("limit", set.limit, advised.limit, tolerance));
    add(requestMismatch(set, advised, tolerance));
    add(gomemlimitMismatch(set, advised, tolerance));
    add(gogcMismatch(set, advised));
    return clauses;
}

}  // namespace memfit
