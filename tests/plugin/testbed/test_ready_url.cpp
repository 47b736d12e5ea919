#include "testbed/ready_url.h"

#include <doctest/doctest.h>

using namespace memfit;
using namespace memfit::plugin;

namespace {

std::string shown(const ReadyUrl& url) {
    const std::string address =
        url.address ? url.address->ip + " " + std::to_string(url.address->port) : "service";
    return address + " [" + url.host + "] " + url.target;
}

}  // namespace

TEST_CASE("a ready URL names this machine, or a path of the service") {
    CHECK(shown(*parseReadyUrl("http://127.0.0.1:3000/healthz?full=1")) ==
          "127.0.0.1 3000 [127.0.0.1:3000] /healthz?full=1");
    CHECK(shown(*parseReadyUrl("http://localhost:4000")) == "127.0.0.1 4000 [localhost:4000] /");
    CHECK(shown(*parseReadyUrl("http://localhost")) == "127.0.0.1 80 [localhost] /");
    CHECK(shown(*parseReadyUrl("http://[::1]:81/x")) == "::1 81 [[::1]:81] /x");
    CHECK(shown(*parseReadyUrl("http://localhost:1?a=b")) == "127.0.0.1 1 [localhost:1] /?a=b");
    CHECK(shown(*parseReadyUrl("/readiness")) == "service [] /readiness");
}

TEST_CASE("a ready URL elsewhere, or that cannot be asked, is refused with what to write") {
    CHECK(parseReadyUrl("https://localhost/").error().message() ==
          "ready URL https://localhost/ is neither http:// nor a path; write "
          "http://127.0.0.1:PORT/PATH or /PATH");
    CHECK(
        parseReadyUrl("http://example.com/").error().message() ==
        "ready URL http://example.com/ is not on this machine; use localhost, 127.0.0.1 or [::1]");
    CHECK(parseReadyUrl("http://localhost:0/").error().kind == ErrorKind::usage);
    CHECK(parseReadyUrl("http://localhost:99999/").error().kind == ErrorKind::usage);
    CHECK(parseReadyUrl("").error().kind == ErrorKind::usage);
    CHECK(parseReadyUrl("http://").error().kind == ErrorKind::usage);
}
