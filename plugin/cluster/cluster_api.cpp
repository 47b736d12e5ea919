#include "cluster/cluster_api.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>

namespace memfit::plugin {
namespace {

constexpr double proxyStartSeconds = 10;

std::string socketPath(const PrivateFolder& folder) {
    return (folder.path() / "api").string();
}

/// The status that the API server must have answered, from what kubectl printed.
unsigned statusOf(CallFailure failure) {
    switch (failure) {
        case CallFailure::notFound:
            return 404;
        case CallFailure::forbidden:
            return 403;
        case CallFailure::conflict:
            return 409;
        case CallFailure::unreachable:
        case CallFailure::other:
            break;
    }
    return 500;
}

/// As the API server words these in a Status; a path that no API serves, and the proxy itself,
/// answer with plain text.
std::string_view reasonOf(unsigned status) {
    switch (status) {
        case 403:
            return "Forbidden";
        case 404:
            return "NotFound";
        case 409:
            return "Conflict";
        case 429:
            return "TooManyRequests";
        case 500:
            return "InternalError";
        case 502:
        case 503:
        case 504:
            return "ServiceUnavailable";
        default:
            return {};
    }
}

}  // namespace

std::string urlEncoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
            out += c;
        } else {
            out += fmt::format("%{:02X}", byte);
        }
    }
    return out;
}

std::string statusMessage(const HttpResponse& response) {
    constexpr std::size_t longest = 300;
    const auto tree = nlohmann::json::parse(response.body, nullptr, false);
    if (tree.is_object() && tree.value("kind", nlohmann::json()) == "Status") {
        const auto word = [&](const char* key) {
            const auto found = tree.find(key);
            return found != tree.end() && found->is_string() ? found->get<std::string>()
                                                             : std::string();
        };
        const auto reason = word("reason");
        return reason.empty() ? fmt::format("Error from server: {}", word("message"))
                              : fmt::format("Error from server ({}): {}", reason, word("message"));
    }
    const auto text = response.body.substr(0, longest);
    // Of a read without a proxy these are kubectl's words already.
    if (text.starts_with("Error from server") || text.starts_with("error: ")) return text;
    const auto reason = reasonOf(response.status);
    if (reason.empty()) return fmt::format("status {}: {}", response.status, text);
    return fmt::format("Error from server ({}): {}", reason, text);
}

ClusterApi::ClusterApi(EventLoop& loop, Kubectl kubectl)
    : loop_(loop), kubectl_(std::move(kubectl)) {
    startProxy();
}

ClusterApi::~ClusterApi() = default;

void ClusterApi::startProxy() {
    proxy_.reset();
    idle_.clear();
    if (!folder_) {
        auto folder = PrivateFolder::make();
        if (!folder) {
            whyNoProxy_ = folder.error().message();
            return;
        }
        folder_.emplace(*std::move(folder));
    }
    std::error_code ignored;
    std::filesystem::remove(socketPath(*folder_), ignored);
    auto child = kubectl_.start({"proxy", "--unix-socket=" + socketPath(*folder_)},
                                {OutputTo::capture, std::size_t{64} * 1024});
    if (!child) {
        whyNoProxy_ = child.error().message();
        return;
    }
    // It says so once it listens.
    const auto settled = [&] {
        return !(*child)->running() ||
               (*child)->out().find("Starting to serve") != std::string::npos;
    };
    loop_.waitUntil(settled, proxyStartSeconds);
    if ((*child)->out().empty() || !(*child)->running()) {
        whyNoProxy_ = fmt::format("kubectl proxy did not start: {}", lastLine((*child)->err()));
        return;
    }
    proxy_ = *std::move(child);
    whyNoProxy_.clear();
}

std::unique_ptr<HttpClient> ClusterApi::connection() {
    if (!proxy_) return nullptr;
    // The proxy accepts no other host by default.
    return std::make_unique<HttpClient>(loop_, UnixAddress{socketPath(*folder_)}, "localhost");
}

Result<HttpResponse> ClusterApi::get(std::string_view path, double timeoutSeconds) {
    if (proxy_ && !proxy_->running()) startProxy();
    if (!proxy_) return getRaw(path, timeoutSeconds);
    if (idle_.empty()) idle_.push_back(connection());
    auto client = std::move(idle_.back());
    idle_.pop_back();
    auto response = client->get(path, timeoutSeconds);
    idle_.push_back(std::move(client));
    return response;
}

Result<HttpResponse> ClusterApi::getRaw(std::string_view path, double timeoutSeconds) const {
    auto finished = kubectl_.run({"get", "--raw", std::string(path)}, std::nullopt, timeoutSeconds);
    if (!finished) return finished.error();
    if (finished->status.success()) return HttpResponse{200, std::move(finished->out)};
    auto said = ownWords(finished->err);
    const auto failureClass = classifyFailure(said);
    if (failureClass == CallFailure::unreachable) {
        return callError(fmt::format("GET {}", path), said);
    }
    return HttpResponse{statusOf(failureClass), std::move(said)};
}

Result<std::string> ClusterApi::read(std::string_view path, std::string_view what,
                                     double timeoutSeconds) {
    auto response = get(path, timeoutSeconds);
    if (!response) return response.error();
    if (response->success()) return std::move(response->body);
    return callError(what, statusMessage(*response));
}

Result<std::optional<std::string>> ClusterApi::readIfAllowed(std::string_view path,
                                                             std::string_view what) {
    auto body = read(path, what);
    if (body) return std::optional(*std::move(body));
    if (isFailure(body.error(), CallFailure::notFound) ||
        isFailure(body.error(), CallFailure::forbidden)) {
        return std::optional<std::string>();
    }
    return body.error();
}

}  // namespace memfit::plugin
