#include "cluster/pod_watch.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "cluster/cluster_api.h"

namespace memfit::plugin {
namespace {

using Clock = std::chrono::steady_clock;

/// A watch that ends at once (no permission, no API server) is not begun again more often.
constexpr std::chrono::milliseconds restartEvery{500};
/// What the stream has brought is kept by the child; a new one starts empty.
constexpr std::size_t restartAfterBytes = std::size_t{32} * 1024 * 1024;

}  // namespace

PodWatch::PodWatch(const Kubectl& kubectl, const std::string& ns, const std::string& selector)
    : kubectl_(kubectl),
      path_(fmt::format("/api/v1/namespaces/{}/pods?watch=1&labelSelector={}", ns,
                        urlEncoded(selector))) {
    restart();
}

PodWatch::~PodWatch() = default;

void PodWatch::restart() {
    child_.reset();
    consumed_ = 0;
    startedAt_ = Clock::now();
    // A request time-out of the user would end the watch.
    auto child = kubectl_.start({"get", "--raw", path_, "--request-timeout=0"},
                                {OutputTo::capture, 2 * restartAfterBytes});
    if (child) child_ = *std::move(child);
}

void PodWatch::readLine(std::string_view line) {
    const auto event = nlohmann::json::parse(line, nullptr, false);
    if (!event.is_object() || !event.contains("type") || !event.contains("object")) return;
    const auto& object = event["object"];
    const nlohmann::json::json_pointer place("/metadata/name");
    if (!object.is_object() || !object.contains(place) || !object[place].is_string()) return;
    const auto name = object[place].get<std::string>();
    // ERROR events carry a Status; BOOKMARKs no pod. Neither has a name we know.
    if (name.empty() || !event["type"].is_string()) return;
    const auto type = event["type"].get<std::string>();
    if (type != "ADDED" && type != "MODIFIED" && type != "DELETED") return;
    note(name, object.dump(), type == "DELETED");
}

void PodWatch::poll() {
    if (child_) {
        const std::string_view text = child_->out();
        while (consumed_ < text.size()) {
            const auto end = text.find('\n', consumed_);
            if (end == std::string_view::npos) break;
            readLine(text.substr(consumed_, end - consumed_));
            consumed_ = end + 1;
        }
    }
    const bool ended = !child_ || !child_->running() || consumed_ > restartAfterBytes;
    if (ended && Clock::now() - startedAt_ >= restartEvery) restart();
}

const PodWatch::Seen* PodWatch::find(const std::string& pod) {
    poll();
    const auto found = pods_.find(pod);
    return found == pods_.end() ? nullptr : &found->second;
}

void PodWatch::note(const std::string& pod, std::string json, bool deleted) {
    pods_[pod] = {std::move(json), deleted, ++events_};
}

void PodWatch::forget(const std::string& pod) {
    pods_.erase(pod);
}

}  // namespace memfit::plugin
