#include "testbed/last_words.h"

#include <doctest/doctest.h>

#include <string>

using namespace memfit::plugin;

TEST_CASE("last words are the panic where there is one") {
    CHECK(lastWords("", "starting\npanic: no table\n\ngoroutine 1 [running]:\nmain.go:3\n") ==
          "panic: no table");
    CHECK(lastWords("out\n", "") == "out");
    CHECK(lastWords("out\n", "a\tb\x1b[0m\n") == "a b [0m");
    CHECK(lastWords("", std::string(1000, 'x')).size() < 300);
    CHECK(lastWords("", "connect postgres://me:pw@db failed\n") ==
          "connect postgres://<redacted>@db failed");
    CHECK(lastWords("", "").empty());
}
