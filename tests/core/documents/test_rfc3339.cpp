#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "memfit/documents/rfc3339.h"

using namespace memfit;

namespace {

std::string again(const char* text) {
    const auto time = parseRfc3339(text);
    return time ? formatRfc3339(*time) : "refused";
}

}  // namespace

TEST_CASE("times are read in every spelling of RFC 3339 and written in one") {
    CHECK(again("2024-02-29T12:34:56Z") == "2024-02-29T12:34:56Z");
    CHECK(again("2024-02-29t12:34:56.1z") == "2024-02-29T12:34:56.100Z");
    CHECK(again("2024-02-29T12:34:56.123999999Z") == "2024-02-29T12:34:56.123Z");
    CHECK(again("2024-03-01T00:30:00+01:00") == "2024-02-29T23:30:00Z");
    CHECK(again("2024-02-29T23:30:00-00:45") == "2024-03-01T00:15:00Z");
    CHECK(again("2016-12-31T23:59:60Z") == "2017-01-01T00:00:00Z");
    CHECK(again("1969-12-31T23:59:59.999Z") == "1969-12-31T23:59:59.999Z");
    CHECK(again("0000-01-01T00:00:00Z") == "0000-01-01T00:00:00Z");
}

TEST_CASE("what is no moment is refused") {
    for (const auto* text :
         {"", "2024", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z",
          "2024-01-01T00:60:00Z", "2024-01-01T00:00:61Z", "2024-01-01T00:00:00",
          "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+1:00", "2024-01-01T00:00:00Zx",
          "+024-01-01T00:00:00Z", "2024-01-01T00:00:00+24:00"}) {
        CAPTURE(text);
        CHECK_FALSE(parseRfc3339(text));
    }
}

TEST_CASE("a moment beyond year 9999 is written as the last of it") {
    CHECK(formatRfc3339(Timestamp::max()) == "9999-12-31T23:59:59Z");
    CHECK(formatRfc3339(Timestamp::min()) == "0000-01-01T00:00:00Z");
}
