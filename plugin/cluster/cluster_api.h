#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/kubectl.h"
#include "http/client.h"
#include "journal/private_folder.h"
#include "memfit/error.h"

namespace memfit::plugin {

/// Reads from the API server. One long-lived `kubectl proxy` on a unix socket in a private folder
/// carries them all over kept-open connections; where it cannot be started, each read is a
/// `kubectl get --raw`. Nothing is ever written through it.
class ClusterApi {
public:
    ClusterApi(EventLoop& loop, Kubectl kubectl);
    ClusterApi(const ClusterApi&) = delete;
    ClusterApi& operator=(const ClusterApi&) = delete;
    ~ClusterApi();

    [[nodiscard]] const Kubectl& kubectl() const { return kubectl_; }

    /// GET of a path of the API server. Any status is a response. Errors: the API server cannot
    /// be reached; kind interrupted.
    [[nodiscard]] Result<HttpResponse> get(std::string_view path, double timeoutSeconds = 10);

    /// The body of a GET that succeeded. `what` names the read in errors: `reading deployment api`.
    /// Errors: those of get(), and the API server's own words; see isFailure().
    [[nodiscard]] Result<std::string> read(std::string_view path, std::string_view what,
                                           double timeoutSeconds = 10);

    /// As read(), with nullopt for what is not there or may not be read.
    [[nodiscard]] Result<std::optional<std::string>> readIfAllowed(std::string_view path,
                                                                   std::string_view what);

    /// A connection of its own through the proxy, for reads many times a second; null where there
    /// is no proxy.
    [[nodiscard]] std::unique_ptr<HttpClient> connection();

    /// Why there is no proxy; empty where there is one.
    [[nodiscard]] const std::string& whyNoProxy() const { return whyNoProxy_; }

private:
    void startProxy();
    [[nodiscard]] Result<HttpResponse> getRaw(std::string_view path, double timeoutSeconds) const;

    EventLoop& loop_;
    Kubectl kubectl_;
    std::optional<PrivateFolder> folder_;
    std::unique_ptr<Child> proxy_;
    /// Connections that no read uses now: reads may overlap.
    std::vector<std::unique_ptr<HttpClient>> idle_;
    std::string whyNoProxy_;
};

/// `text` as one segment of a path or value of a query.
[[nodiscard]] std::string urlEncoded(std::string_view text);

/// The message of an API server's Status object, as kubectl would print it; the body itself,
/// shortened, when it is none.
[[nodiscard]] std::string statusMessage(const HttpResponse& response);

}  // namespace memfit::plugin
