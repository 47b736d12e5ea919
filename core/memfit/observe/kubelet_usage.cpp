#include "memfit/observe/kubelet_usage.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <utility>

#include "memfit/kube/kube_json.h"

namespace memfit {

namespace {

using kube::Json;
using Field = std::optional<Bytes> KubeletUsage::*;

constexpr std::array metrics{
    std::pair{std::string_view("container_memory_usage_bytes"), Field{&KubeletUsage::usage}},
    std::pair{std::string_view("container_memory_working_set_bytes"),
              Field{&KubeletUsage::workingSet}},
    std::pair{std::string_view("container_memory_rss"), Field{&KubeletUsage::rss}},
    std::pair{std::string_view("container_memory_cache"), Field{&KubeletUsage::cache}},
    std::pair{std::string_view("container_memory_max_usage_bytes"), Field{&KubeletUsage::peak}},
};

std::optional<Bytes> size(const Json& memory, std::string_view field) {
    const auto value = kube::integer(memory, {field});
    if (!value || *value <= 0) return std::nullopt;
    return value;
}

const Json* findPod(const Json& summary, const ContainerKey& key) {
    for (const auto& pod : kube::array(summary, {"pods"})) {
        const bool same = kube::text(pod, {"podRef", "name"}) == key.pod &&
                          kube::text(pod, {"podRef", "namespace"}) == key.nameSpace;
        if (same && (key.uid.empty() || kube::text(pod, {"podRef", "uid"}) == key.uid)) return &pod;
    }
    return nullptr;
}

/// Takes the next line, with or without a line feed at its end.
std::string_view takeLine(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

/// Where the quoted value ends that starts at `from`: at the next quote without a backslash.
std::size_t endOfValue(std::string_view text, std::size_t from) {
    for (std::size_t i = from; i < text.size(); ++i) {
        if (text[i] == '\\')
            ++i;
        else if (text[i] == '"')
            return i;
    }
    return std::string_view::npos;
}

/// The labels of a series that decide which container it is about. Values are compared as written:
/// names and uids of Kubernetes hold nothing that would be escaped.
struct Owner {
    std::string_view container;
    std::string_view pod;
    std::string_view nameSpace;
    std::string_view cgroup;  ///< the label id
};

struct LabelledSample {
    Owner owner;
    std::string_view value;
};

void assign(Owner& owner, std::string_view name, std::string_view value) {
    if (name == "container" || (name == "container_name" && owner.container.empty()))
        owner.container = value;
    else if (name == "pod" || (name == "pod_name" && owner.pod.empty()))
        owner.pod = value;
    else if (name == "namespace")
        owner.nameSpace = value;
    else if (name == "id")
        owner.cgroup = value;
}

/// Reads `{name="value",…} value` to the closing brace; nullopt when it is malformed.
std::optional<LabelledSample> readSample(std::string_view text) {
    LabelledSample sample;
    while (!text.empty()) {
        text.remove_prefix(std::min(text.find_first_not_of(", "), text.size()));
        if (text.starts_with('}')) {
            sample.value = text.substr(1);
            return sample;
        }
        const auto equals = text.find("=\"");
        if (equals == std::string_view::npos) return std::nullopt;
        const auto end = endOfValue(text, equals + 2);
        if (end == std::string_view::npos) return std::nullopt;
        assign(sample.owner, text.substr(0, equals), text.substr(equals + 2, end - equals - 2));
        text.remove_prefix(end + 1);
    }
    return std::nullopt;
}

std::optional<Bytes> readValue(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = end == text.data() + text.size() || *end == ' ' || *end == '\r';
    constexpr double most = 9.2e18;
    if (error != std::errc() || !whole || !std::isfinite(value) || value < 0 || value > most)
        return std::nullopt;
    return static_cast<Bytes>(value);
}

/// The time behind a value, in milliseconds.
std::optional<std::int64_t> readTime(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    text.remove_prefix(std::min(text.find(' '), text.size()));
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    std::int64_t time = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), time);
    return read.ec == std::errc() && time > 0 ? std::optional(time) : std::nullopt;
}

/// The uid in a cgroup's path: as written by the cgroupfs driver, with underscores by systemd's.
bool namesUid(std::string_view cgroup, std::string_view uid) {
    const auto same = [](char a, char b) { return a == b || (a == '_' && b == '-'); };
    return std::search(cgroup.begin(), cgroup.end(), uid.begin(), uid.end(), same) != cgroup.end();
}

enum class Whose { other, container, pod };

Whose judgeOwner(const Owner& owner, const ContainerKey& key) {
    const bool uidKnown = !key.uid.empty() && owner.cgroup.find("pod") != std::string_view::npos;
    if (uidKnown && !namesUid(owner.cgroup, key.uid)) return Whose::other;
    if (owner.pod != key.pod || owner.nameSpace != key.nameSpace) return Whose::other;
    if (owner.container == key.container) return Whose::container;
    return owner.container.empty() ? Whose::pod : Whose::other;
}

void keepLargest(std::optional<Bytes>& field, Bytes value) {
    field = std::max(field.value_or(value), value);
}

/// Of several samples the oldest bounds when the whole was true.
void keepOldest(std::optional<std::int64_t>& field, std::optional<std::int64_t> time) {
    if (time) field = std::min(field.value_or(*time), *time);
}

/// Page cache of 0 bytes alone tells nothing.
bool tellsMemory(const KubeletUsage& usage) {
    return std::ranges::any_of(
        metrics, [&](const auto& metric) { return (usage.*metric.second).value_or(0) > 0; });
}

Result<Json> parseSummary(std::string_view json) {
    auto summary = kube::parseObject(json, "the kubelet's statistics");
    if (summary && kube::member(*summary, {"pods"}) == nullptr)
        return inputError("the kubelet's statistics: there are no pods in them",
                          "is this /stats/summary?");
    return summary;
}

/// nullopt: nothing is known of it.
std::optional<KubeletUsage> readContainer(const Json& container) {
    const Json& memory = kube::object(container, {"memory"});
    KubeletUsage usage;
    usage.usage = size(memory, "usageBytes");
    usage.workingSet = size(memory, "workingSetBytes");
    usage.rss = size(memory, "rssBytes");
    usage.time = kube::text(memory, {"time"});
    if (!tellsMemory(usage)) return std::nullopt;
    return usage;
}

}  // namespace

Result<std::optional<KubeletUsage>> readStatsSummary(std::string_view json,
                                                     const ContainerKey& key) {
    const auto summary = parseSummary(json);
    if (!summary) return summary.error();
    const Json* const pod = findPod(*summary, key);
    if (pod == nullptr) return std::optional<KubeletUsage>();
    const Json* const container = kube::named(kube::array(*pod, {"containers"}), key.container);
    if (container == nullptr) return std::optional<KubeletUsage>();
    return readContainer(*container);
}

Result<void> forEachContainer(
    std::string_view summary,
    const std::function<void(const ContainerKey& key, const KubeletUsage& usage)>& take) {
    const auto tree = parseSummary(summary);
    if (!tree) return tree.error();
    for (const auto& pod : kube::array(*tree, {"pods"})) {
        ContainerKey key{kube::text(pod, {"podRef", "namespace"}),
                         kube::text(pod, {"podRef", "name"}),
                         kube::text(pod, {"podRef", "uid"}),
                         {}};
        for (const auto& container : kube::array(pod, {"containers"})) {
            key.container = kube::text(container, {"name"});
            if (const auto usage = readContainer(container)) take(key, *usage);
        }
    }
    return {};
}

std::optional<KubeletUsage> readCadvisor(std::string_view text, const ContainerKey& key) {
    KubeletUsage ofContainer;
    KubeletUsage ofPod;
    ofPod.podLevel = true;
    while (!text.empty()) {
        const auto line = takeLine(text);
        if (!line.starts_with("container_memory_")) continue;
        const auto brace = line.find('{');
        if (brace == std::string_view::npos) continue;
        const auto* const metric = std::ranges::find(metrics, line.substr(0, brace),
                                                     &decltype(metrics)::value_type::first);
        if (metric == metrics.end()) continue;
        const auto sample = readSample(line.substr(brace + 1));
        if (!sample) continue;
        const auto whose = judgeOwner(sample->owner, key);
        const auto value = readValue(sample->value);
        if (whose == Whose::other || !value) continue;
        if (*value == 0 && metric->second != &KubeletUsage::cache) continue;
        auto& usage = whose == Whose::container ? ofContainer : ofPod;
        keepLargest(usage.*metric->second, *value);
        if (metric->second == &KubeletUsage::peak)
            keepOldest(usage.peakAt, readTime(sample->value));
    }
    if (tellsMemory(ofContainer)) return ofContainer;
    if (tellsMemory(ofPod)) return ofPod;
    return std::nullopt;
}

}  // namespace memfit
