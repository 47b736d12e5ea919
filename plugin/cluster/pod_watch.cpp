#include "cluster/pod_watch.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace memfit::plugin {
namespace {

/// A watch that ends at once (no permission, no API server) is not begun again more often.
constexpr std::chrono::milliseconds restartEvery{500};

}  // namespace

PodWatch::PodWatch(EventLoop& loop, Cluster& cluster, std::string ns, std::string selector)
    : loop_(loop), cluster_(cluster), ns_(std::move(ns)), selector_(std::move(selector)) {
    restart();
}

PodWatch::~PodWatch() = default;

void PodWatch::restart() {
    events_.reset();
    startedAt_ = loop_.now();
    auto events = cluster_.watchPods(ns_, selector_);
    if (events) events_ = *std::move(events);
}

void PodWatch::readEvent(std::string_view text) {
    const auto event = nlohmann::json::parse(text, nullptr, false);
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
    while (events_) {
        const auto event = events_->next();
        if (!event) break;
        readEvent(*event);
    }
    const bool ended = !events_ || !events_->running();
    if (ended && loop_.now() - startedAt_ >= restartEvery) restart();
}

const PodWatch::Seen* PodWatch::find(const std::string& pod) {
    poll();
    const auto found = pods_.find(pod);
    return found == pods_.end() ? nullptr : &found->second;
}

void PodWatch::note(const std::string& pod, std::string json, bool deleted) {
    pods_[pod] = {std::move(json), deleted, ++versions_};
}

void PodWatch::forget(const std::string& pod) {
    pods_.erase(pod);
}

}  // namespace memfit::plugin
