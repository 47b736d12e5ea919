#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "memfit/change/edit.h"

namespace memfit::test {

inline MemorySettings limitOnly(Bytes limit) {
    MemorySettings wanted;
    wanted.limit = {MemoryWish::Kind::set, limit};
    return wanted;
}

inline MemorySettings limitAndRequest(Bytes limit, Bytes request) {
    MemorySettings wanted = limitOnly(limit);
    wanted.request = {MemoryWish::Kind::set, request};
    return wanted;
}

inline MemorySettings gogcOff() {
    MemorySettings wanted;
    wanted.gogc.kind = GogcWish::Kind::off;
    return wanted;
}

/// Limit and request 36Mi, GOMEMLIMIT from the limit, GOGC off.
inline MemorySettings advised() {
    MemorySettings wanted = limitAndRequest(36 * MiB, 36 * MiB);
    wanted.gomemlimit.kind = GomemlimitWish::Kind::limitsMemory;
    wanted.gogc.kind = GogcWish::Kind::off;
    return wanted;
}

/// Nothing of memory set.
inline MemorySettings nothing() {
    MemorySettings wanted;
    wanted.limit.kind = MemoryWish::Kind::remove;
    wanted.request.kind = MemoryWish::Kind::remove;
    wanted.gomemlimit.kind = GomemlimitWish::Kind::unset;
    wanted.gogc.kind = GogcWish::Kind::unset;
    return wanted;
}

/// A Deployment whose containers, from the seventh line on, are `containers`.
inline std::string deployment(std::string_view containers) {
    return "kind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n      "
           "containers:\n" +
           std::string(containers);
}

/// The edit of container app of Deployment api; that a second edit changes nothing is checked too.
inline ManifestEdit edited(std::string_view text, const MemorySettings& wanted,
                           const WorkloadSelector& selector = {"Deployment", "api", {}}) {
    INFO(std::string(text.substr(0, 2000)));
    const auto edit = editManifest(text, "deploy.yaml", selector, "app", wanted);
    INFO((edit.has_error() ? edit.error().message() : std::string()));
    REQUIRE(edit.has_value());
    const auto again = editManifest(edit.value().text, "deploy.yaml", selector, "app", wanted);
    REQUIRE(again.has_value());
    CHECK(again.value() == ManifestEdit{edit.value().text, {}, {}});
    return edit.value();
}

inline std::string refusal(std::string_view text, const MemorySettings& wanted = advised(),
                           const WorkloadSelector& selector = {"Deployment", "api", {}},
                           std::string_view container = "app") {
    const auto edit = editManifest(text, "deploy.yaml", selector, container, wanted);
    REQUIRE(edit.has_error());
    CHECK(edit.error().kind == ErrorKind::input);
    return edit.error().message();
}

}  // namespace memfit::test
