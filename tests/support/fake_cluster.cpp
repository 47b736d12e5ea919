#include "support/fake_cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <stdexcept>
#include <utility>

#include "cluster/kubectl.h"
#include "support/fake_objects.h"

namespace memfit::test {

using namespace plugin;
using Json = nlohmann::json;

CallError refusalBy(unsigned status, const std::string& words) {
    return callError("the call", words, status);
}

struct FakeCluster::Place {
    Key key{};
    bool known = false;  ///< a kind that is served
    bool all = false;    ///< of all namespaces
    std::string sub;     ///< `log`, `proxy/stats/summary`
    std::map<std::string, std::string> query;
    std::string version;  ///< `apis/apps/v1`
};

class FakeCluster::Events final : public PodEvents {
public:
    explicit Events(std::shared_ptr<Watch> watch) : watch_(std::move(watch)) {}
    std::optional<std::string> next() override {
        if (at_ == watch_->events.size()) return std::nullopt;
        return watch_->events[at_++];
    }
    bool running() override { return watch_->open; }

private:
    std::shared_ptr<Watch> watch_;
    std::size_t at_ = 0;
};

class FakeCluster::Log final : public PodLog {
public:
    Log(FakeCluster& cluster, Key key) : cluster_(cluster), key_(std::move(key)) {}
    [[nodiscard]] bool running() const override {
        const auto pod = cluster_.objects_.find(key_);
        if (pod == cluster_.objects_.end()) return false;
        const auto phase = textAt(pod->second, "/status/phase");
        return phase == "Pending" || phase == "Running";
    }
    void drain(double /*seconds*/) override {}
    [[nodiscard]] std::string text() const override { return cluster_.logOf(key_.name); }
    [[nodiscard]] bool cut() const override { return false; }
    [[nodiscard]] Moment endedAt() const override { return cluster_.now(); }
    [[nodiscard]] std::optional<CallError> problem() const override { return std::nullopt; }

private:
    FakeCluster& cluster_;
    Key key_;
};

/// Only to pages of pods.
class FakeCluster::Connection final : public HttpGet {
public:
    explicit Connection(FakeCluster& cluster) : cluster_(cluster) {}
    Result<HttpResponse> get(std::string_view target, double seconds) override {
        const auto place = cluster_.placeOf(std::string(target));
        const auto colon = place.key.name.find(':');
        constexpr std::string_view proxy = "proxy";
        auto query = std::string(target.substr(std::min(target.find('?'), target.size())));
        auto answer = cluster_.page({place.key.ns, place.key.name.substr(0, colon),
                                     std::stoi(place.key.name.substr(colon + 1))},
                                    place.sub.substr(proxy.size()) + query, seconds);
        if (answer) return *std::move(answer);
        if (answer.error().status) return HttpResponse{*answer.error().status, answer.error().said};
        return answer.error();
    }

private:
    FakeCluster& cluster_;
};

FakeCluster::FakeCluster(EventLoop& loop) : loop_(loop) {
    loop.goBy(*this);
    life = [](const Json& pod) {
        PodLife plan;
        const auto name = textAt(pod, "/metadata/name");
        if (name.starts_with("memfit-load-")) plan.fate = PodLife::Fate::completes;
        return plan;
    };
}

void FakeCluster::after(double seconds, std::function<void()> what) {
    const auto when =
        now_ + std::chrono::duration_cast<Moment::duration>(std::chrono::duration<double>(seconds));
    agenda_.emplace(when, std::move(what));
}

void FakeCluster::leap(std::optional<Moment> until) {
    const auto first = agenda_.begin();
    if (first == agenda_.end() && !until)
        throw std::logic_error("everything waits, and nothing will ever happen");
    if (first == agenda_.end() || (until && *until < first->first)) {
        now_ = *until;
        return;
    }
    now_ = first->first;
    const auto what = std::move(first->second);
    agenda_.erase(first);
    what();
}

double FakeCluster::seconds() const {
    return std::chrono::duration<double>(now_ - begin_).count();
}

std::string FakeCluster::logOf(const std::string& pod) const {
    const auto log = logs.find(pod);
    if (log != logs.end()) return log->second;
    return pod.starts_with("memfit-load-") ? loadReport : "";
}

std::string FakeCluster::timestamp() const {
    const auto whole = static_cast<int>(seconds());
    return fmt::format("2026-01-01T{:02}:{:02}:{:02}Z", whole / 3600, whole / 60 % 60, whole % 60);
}

void FakeCluster::goAway(double seconds) {
    backAt_ =
        now_ + std::chrono::duration_cast<Moment::duration>(std::chrono::duration<double>(seconds));
    breakWatches();
}

void FakeCluster::breakWatches() {
    for (const auto& watch : watches_) {
        if (const auto open = watch.lock()) open->open = false;
    }
    watches_.clear();
}

Json& FakeCluster::add(Json object) {
    const auto kinds = allResourceKinds();
    const auto kind =
        std::ranges::find(kinds, object.at("kind").get<std::string>(),
                          [](const ResourceKind& one) { return std::string(one.kind); });
    if (kind == kinds.end()) throw std::logic_error("an object of a kind in no table");
    auto& metadata = object["metadata"];
    if (kind->namespaced && !metadata.contains("namespace")) metadata["namespace"] = "shop";
    const Key key{kind->resource, metadata.value("namespace", ""), metadata.at("name")};
    if (!object.contains("apiVersion")) {
        object["apiVersion"] = kind->group.empty()
                                   ? std::string(kind->versions[0])
                                   : fmt::format("{}/{}", kind->group, kind->versions[0]);
    }
    ++versions_;
    if (!metadata.contains("uid")) metadata["uid"] = fmt::format("uid-{}", versions_);
    if (!metadata.contains("generation")) metadata["generation"] = 1;
    metadata["resourceVersion"] = std::to_string(versions_);
    if (!metadata.contains("creationTimestamp")) metadata["creationTimestamp"] = timestamp();
    auto& kept = objects_[key] = std::move(object);
    if (key.resource == Resource::pods) tell("ADDED", kept);
    if (key.resource == Resource::deployments && !kept.contains("status")) rollOut(key);
    return kept;
}

Json* FakeCluster::find(Resource resource, const std::string& name, const std::string& ns) {
    const auto found = objects_.find({resource, kindOf(resource).namespaced ? ns : "", name});
    return found == objects_.end() ? nullptr : &found->second;
}

std::vector<std::string> FakeCluster::names(Resource resource) {
    std::vector<std::string> names;
    for (const auto& [key, object] : objects_) {
        if (key.resource == resource) names.push_back(key.name);
    }
    return names;
}

void FakeCluster::changed(Json& object) {
    object["metadata"]["resourceVersion"] = std::to_string(++versions_);
    if (object.at("kind") == "Pod") tell("MODIFIED", object);
}

void FakeCluster::erase(Resource resource, const std::string& name) {
    removeObject({resource, kindOf(resource).namespaced ? "shop" : "", name});
}

void FakeCluster::removeObject(const Key& key) {
    const auto found = objects_.find(key);
    if (found == objects_.end()) return;
    if (key.resource == Resource::pods) tell("DELETED", found->second);
    objects_.erase(found);
}

void FakeCluster::tell(const char* type, const Json& pod) {
    for (const auto& one : watches_) {
        const auto watch = one.lock();
        if (!watch || pod.at("metadata").at("namespace") != watch->ns) continue;
        if (selects(watch->selector, pod))
            watch->events.push_back(Json{{"type", type}, {"object", pod}}.dump());
    }
}

/// What stands against a call before it does anything. `right`: `get pods`.
std::optional<CallError> FakeCluster::trouble(const std::string& call, const std::string& right,
                                              const std::string& what, bool throughSignals) {
    calls.push_back(call);
    if (before) {
        if (auto error = before(call)) return error;
    }
    if (!throughSignals && loop_.signal()) return EventLoop::interruption();
    if (now_ < backAt_) {
        return callError(what,
                         "The connection to the server fake:6443 was refused - did you specify "
                         "the right host or port?");
    }
    if (!forbidden.contains(right)) return std::nullopt;
    const auto verb = right.substr(0, right.find(' '));
    const auto resource = right.substr(right.find(' ') + 1);
    constexpr unsigned status = 403;
    return callError(what,
                     fmt::format("Error from server (Forbidden): {0} is forbidden: User \"jane\" "
                                 "cannot {1} resource \"{0}\"",
                                 resource, verb),
                     status);
}

FakeCluster::Place FakeCluster::placeOf(const std::string& path) const {
    Place place;
    const auto mark = std::min(path.find('?'), path.size());
    for (const auto& part : splitAt(path.substr(std::min(mark + 1, path.size())), '&')) {
        const auto equals = std::min(part.find('='), part.size() - 1);
        place.query[part.substr(0, equals)] = decoded(part.substr(equals + 1));
    }
    const auto words = splitAt(path.substr(0, mark), '/');
    const std::size_t first = !words.empty() && words[0] == "apis" ? 3 : 2;
    if (words.size() <= first) return place;
    for (std::size_t i = 0; i < first; ++i) place.version += (i == 0 ? "" : "/") + words[i];
    std::size_t at = first;
    place.all = true;
    if (words[at] == "namespaces" && words.size() > at + 2) {
        place.all = false;
        place.key.ns = decoded(words[at + 1]);
        at += 2;
    }
    const auto kinds = allResourceKinds();
    const auto kind = std::ranges::find(
        kinds, words[at], [](const ResourceKind& one) { return std::string(one.plural); });
    if (kind == kinds.end() || unserved.contains(place.version)) return place;
    place.known = true;
    place.key.resource = kind->resource;
    if (words.size() > at + 1) place.key.name = decoded(words[at + 1]);
    for (std::size_t i = at + 2; i < words.size(); ++i) {
        place.sub += (place.sub.empty() ? "" : "/") + words[i];
    }
    return place;
}

std::string FakeCluster::list(const Place& place) const {
    const auto& kind = kindOf(place.key.resource);
    const auto value = [&](const char* name) {
        const auto found = place.query.find(name);
        return found == place.query.end() ? std::string() : found->second;
    };
    Json items = Json::array();
    for (const auto& [key, object] : objects_) {
        const bool here = place.all || key.ns == place.key.ns;
        if (key.resource != place.key.resource || !here) continue;
        if (!selects(value("labelSelector"), object)) continue;
        if (!fieldsMatch(value("fieldSelector"), object)) continue;
        items.push_back(object);
        // Those of a list do not say what they are.
        items.back().erase("kind");
        items.back().erase("apiVersion");
    }
    Json metadata = Json::object();
    if (const auto limit = value("limit"); !limit.empty()) {
        const auto from =
            static_cast<std::size_t>(value("continue").empty() ? 0 : std::stoi(value("continue")));
        const auto end = std::min(items.size(), from + static_cast<std::size_t>(std::stoi(limit)));
        if (end < items.size()) metadata["continue"] = std::to_string(end);
        items = Json(std::vector<Json>(items.begin() + static_cast<std::ptrdiff_t>(from),
                                       items.begin() + static_cast<std::ptrdiff_t>(end)));
    }
    const auto version = place.version.substr(place.version.find('/') + 1);
    return Json{{"kind", std::string(kind.kind) + "List"},
                {"apiVersion", version},
                {"metadata", metadata},
                {"items", items}}
        .dump();
}

Call<std::string> FakeCluster::read(const std::string& path, const std::string& what,
                                    Patience patience) {
    const auto place = placeOf(path);
    const auto verb = place.key.name.empty() ? "list" : "get";
    auto right =
        place.known ? fmt::format("{} {}", verb, qualifiedName(place.key.resource)) : std::string();
    const auto sub = place.sub.substr(0, place.sub.find('/'));
    if (!sub.empty()) right += "/" + sub;
    if (auto error = trouble("get " + path, right, what, patience.throughSignals)) return *error;
    constexpr unsigned status = 404;
    const auto notThere = [&](const std::string& name) {
        return callError(what, fmt::format("Error from server (NotFound): {} not found", name),
                         status);
    };
    if (path == "/version") return Json{{"gitVersion", "v1.31.0"}}.dump();
    constexpr auto vertical = Resource::verticalPodAutoscalers;
    if (path == groupPath(vertical) && !unserved.contains(apiPath(vertical)))
        return Json{{"kind", "APIGroup"}}.dump();
    if (!place.known) return notThere(path);
    const auto& kind = kindOf(place.key.resource);
    if (place.key.name.empty()) return list(place);
    if (sub == "proxy") {
        const auto found = kubelet.find(path.substr(path.find("/proxy") + 6));
        if (found == kubelet.end()) return notThere("the page");
        return found->second;
    }
    const auto found = objects_.find(place.key);
    if (found == objects_.end())
        return notThere(fmt::format("{} \"{}\"", qualifiedName(kind.resource), place.key.name));
    if (sub == "log") return logOf(place.key.name);
    return found->second.dump();
}

Call<HttpResponse> FakeCluster::page(const PodPort& port, const std::string& page,
                                     double /*seconds*/) {
    const auto what = fmt::format("GET {}", podPagePath(port.ns, port.pod, port.port, page));
    if (auto error =
            trouble(fmt::format("page {}:{}{}", port.pod, port.port, page), "get pods/proxy", what))
        return *error;
    const auto pod = objects_.find({Resource::pods, port.ns, port.pod});
    constexpr unsigned notFound = 404;
    constexpr unsigned unavailable = 503;
    if (pod == objects_.end()) {
        return callError(
            what, fmt::format("Error from server (NotFound): pods \"{}\" not found", port.pod),
            notFound);
    }
    const auto open = pages.find(port.port);
    if (open == pages.end() || textAt(pod->second, "/status/phase") != "Running") {
        return callError(what,
                         "Error from server (ServiceUnavailable): error trying to reach service: "
                         "dial tcp: connection refused",
                         unavailable);
    }
    const auto found = open->second.find(page);
    return found == open->second.end() ? HttpResponse{notFound, "404 page not found"}
                                       : found->second;
}

std::unique_ptr<HttpGet> FakeCluster::connection() {
    return std::make_unique<Connection>(*this);
}

Call<std::string> FakeCluster::create(const std::string& ns, const std::string& object,
                                      bool dryRun) {
    auto pod = Json::parse(object);
    pod["metadata"]["namespace"] = ns;
    const std::string name = pod["metadata"]["name"];
    if (auto error = trouble(fmt::format("create pods/{}{}", name, dryRun ? " (dry run)" : ""),
                             "create pods", "kubectl create"))
        return *error;
    constexpr unsigned forbiddenStatus = 403;
    constexpr unsigned conflictStatus = 409;
    if (const auto refusal = refusalOf(pod)) {
        return callError("kubectl create",
                         fmt::format("Error from server (Forbidden): error when creating "
                                     "\"STDIN\": pods \"{}\" is forbidden: {}",
                                     name, *refusal),
                         forbiddenStatus);
    }
    const Key key{Resource::pods, ns, name};
    if (objects_.contains(key)) {
        return callError(
            "kubectl create",
            fmt::format("Error from server (AlreadyExists): pods \"{}\" already exists", name),
            conflictStatus);
    }
    if (dryRun) return pod.dump();
    pod["status"] = {{"phase", "Pending"}};
    const auto made = add(std::move(pod));
    live(key);
    if (lostAnswers > 0) {
        --lostAnswers;
        return callError("kubectl create", "error: unexpected EOF");
    }
    return made.dump();
}

Call<std::string> FakeCluster::patch(const Patch& patch) {
    const auto slash = patch.object.find('/');
    const auto kinds = allResourceKinds();
    const auto kind = std::ranges::find(kinds, patch.object.substr(0, slash), [](const auto& one) {
        return boost::algorithm::to_lower_copy(std::string(one.kind));
    });
    const Key key{kind->resource, patch.ns, patch.object.substr(slash + 1)};
    if (auto error = trouble(
            fmt::format("patch {}{}", patch.object, patch.dryRun ? " (dry run)" : ""),
            "patch " + qualifiedName(kind->resource), patch.what, patch.patience.throughSignals))
        return *error;
    const auto found = objects_.find(key);
    if (found == objects_.end()) {
        constexpr unsigned status = 404;
        return callError(patch.what,
                         fmt::format("Error from server (NotFound): {} \"{}\" not found",
                                     qualifiedName(kind->resource), key.name),
                         status);
    }
    const auto conflict = [&](const char* why) {
        constexpr unsigned status = 409;
        return callError(patch.what,
                         fmt::format("Error from server (Conflict): Operation cannot be fulfilled "
                                     "on {} \"{}\": {}",
                                     qualifiedName(kind->resource), key.name, why),
                         status);
    };
    if (conflicts > 0) {
        --conflicts;
        return conflict("the object has been modified");
    }
    Json now = found->second;
    if (patch.type == Patch::Type::json) {
        try {
            now = now.patch(Json::parse(patch.text));
        } catch (const Json::exception&) {
            constexpr unsigned status = 422;
            return callError(patch.what,
                             "The request is invalid: the server rejected our request due to an "
                             "error in our request",
                             status);
        }
    } else {
        const auto wanted = readYaml(patch.text);
        for (const auto* const guard : {"uid", "resourceVersion"}) {
            const auto& metadata = wanted.value("metadata", Json::object());
            if (metadata.contains(guard) && metadata[guard] != now["metadata"][guard])
                return conflict("the object has been modified");
        }
        mergeStrategically(now, wanted);
    }
    if (patch.dryRun) return now.dump();
    const bool anew = now.at("spec") != found->second.at("spec");
    found->second = std::move(now);
    auto& metadata = found->second["metadata"];
    if (anew) metadata["generation"] = metadata["generation"].get<int>() + 1;
    changed(found->second);
    if (anew && key.resource == Resource::deployments) scheduleRollout(key);
    return found->second.dump();
}

std::vector<FakeCluster::Key> FakeCluster::chosen(const PodChoice& which) const {
    std::vector<Key> keys;
    for (const auto& [key, object] : objects_) {
        if (key.resource != Resource::pods || key.ns != which.ns) continue;
        if (which.name.empty() ? selects(which.selector, object) : key.name == which.name)
            keys.push_back(key);
    }
    return keys;
}

Call<std::string> FakeCluster::deletePods(const PodChoice& which, bool /*now*/) {
    const auto call =
        which.name.empty() ? "delete pods " + which.selector : "delete pods/" + which.name;
    if (auto error = trouble(call, "delete pods", "kubectl delete", true)) return *error;
    std::string said;
    for (const auto& key : chosen(which)) {
        said += fmt::format("pod \"{}\" force deleted\n", key.name);
        if (holdDeletes) {
            auto& pod = objects_.at(key);
            pod["metadata"]["deletionTimestamp"] = timestamp();
            changed(pod);
        } else {
            removeObject(key);
        }
    }
    return said;
}

Call<std::vector<std::string>> FakeCluster::podsLeft(const PodChoice& which) {
    const auto call = "left " + (which.name.empty() ? which.selector : which.name);
    const auto* const right = which.name.empty() ? "list pods" : "get pods";
    if (auto error = trouble(call, right, "kubectl get", true)) return *error;
    std::vector<std::string> names;
    for (const auto& key : chosen(which)) names.push_back("pod/" + key.name);
    return names;
}

Call<void> FakeCluster::remove(const ReadObject& object, Patience patience) {
    const auto place = placeOf(object.path);
    const auto resource = qualifiedName(place.key.resource);
    const auto what = "removing " + object.path;
    if (auto error = trouble(fmt::format("delete {}/{}", resource, place.key.name),
                             "delete " + resource, what, patience.throughSignals))
        return *error;
    const auto found = objects_.find(place.key);
    constexpr unsigned notFound = 404;
    constexpr unsigned conflict = 409;
    if (found == objects_.end()) {
        return callError(what, "Error from server (NotFound): it is not there", notFound);
    }
    const auto& metadata = found->second.at("metadata");
    if (metadata.at("uid") != object.uid ||
        metadata.at("resourceVersion") != object.resourceVersion)
        return callError(what, "Error from server (Conflict): Precondition failed", conflict);
    removeObject(place.key);
    return {};
}

Call<bool> FakeCluster::may(const std::string& /*ns*/, const Right& right) {
    auto text = fmt::format("{} {}", right.verb, right.resource);
    if (!right.subresource.empty()) text += "/" + right.subresource;
    if (auto error = trouble("may " + text, "", "kubectl auth can-i")) return *error;
    return !forbidden.contains(text);
}

Call<std::unique_ptr<PodEvents>> FakeCluster::watchPods(const std::string& ns,
                                                        const std::string& selector) {
    auto watch = std::make_shared<Watch>();
    watch->ns = ns;
    watch->selector = selector;
    // A watch that may not be, or reaches nobody, ends at once.
    watch->open = !trouble("watch pods", "watch pods", "kubectl get");
    if (watch->open) {
        watches_.push_back(watch);
        for (const auto& key : chosen({ns, "", selector})) {
            watch->events.push_back(Json{{"type", "ADDED"}, {"object", objects_.at(key)}}.dump());
        }
    }
    return std::unique_ptr<PodEvents>(new Events(std::move(watch)));
}

Call<std::unique_ptr<PortForward>> FakeCluster::forward(const PodPort& port) {
    const auto what = fmt::format("kubectl port-forward to pod {} port {}", port.pod, port.port);
    if (auto error = trouble(fmt::format("forward {}:{}", port.pod, port.port),
                             "create pods/portforward", what))
        return *error;
    // A real socket would know nothing of the simulated time.
    return callError(what, "error: unable to forward port");
}

Call<std::unique_ptr<PodLog>> FakeCluster::followLog(const std::string& ns,
                                                     const std::string& pod) {
    if (auto error = trouble("follow " + pod, "get pods/log", "kubectl logs")) return *error;
    return std::unique_ptr<PodLog>(new Log(*this, {Resource::pods, ns, pod}));
}

}  // namespace memfit::test
