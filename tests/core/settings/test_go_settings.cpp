#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "memfit/settings/go_settings.h"

namespace {

using namespace memfit;

constexpr Bytes most = std::numeric_limits<Bytes>::max();

Bytes limit(std::string_view text) {
    INFO(std::string(text));
    const auto parsed = parseGomemlimit(text);
    REQUIRE(parsed.has_value());
    REQUIRE(parsed->has_value());
    return **parsed;
}

std::string refusal(std::string_view text) {
    INFO(std::string(text));
    const auto parsed = parseGomemlimit(text);
    REQUIRE(parsed.has_error());
    CHECK(parsed.error().kind == ErrorKind::input);
    return parsed.error().message();
}

TEST_CASE("GOMEMLIMIT is a number of bytes with one of Go's five suffixes, or none") {
    CHECK(limit("17") == 17);
    CHECK(limit("17B") == 17);
    CHECK(limit("17KiB") == 17 * KiB);
    CHECK(limit("36MiB") == 36 * MiB);
    CHECK(limit("2GiB") == 2 * GiB);
    CHECK(limit("1TiB") == 1024 * GiB);
    CHECK(limit("0") == 0);
    CHECK(limit("00036MiB") == 36 * MiB);
}

TEST_CASE("an empty GOMEMLIMIT and off are no limit, which is not a limit of zero") {
    CHECK(parseGomemlimit("").value() == std::nullopt);
    CHECK(parseGomemlimit("off").value() == std::nullopt);
    CHECK(parseGomemlimit("0").value() == Bytes{0});
}

TEST_CASE("a GOMEMLIMIT at which Go dies is refused with the text that Go would understand") {
    CHECK(refusal("17Mi") ==
          "GOMEMLIMIT=\"17Mi\" is malformed: a Go program dies at start with it; write 17MiB");
    CHECK(refusal("17MB") ==
          "GOMEMLIMIT=\"17MB\" is malformed: a Go program dies at start with it; "
          "write 17MiB or 17000000");
    CHECK(refusal("17M") ==
          "GOMEMLIMIT=\"17M\" is malformed: a Go program dies at start with it; "
          "write 17MiB or 17000000");
    CHECK(refusal("1.5GiB") ==
          "GOMEMLIMIT=\"1.5GiB\" is malformed: a Go program dies at start with it; write 1536MiB");
    CHECK(refusal("90%") ==
          "GOMEMLIMIT=\"90%\" is malformed: a Go program dies at start with it; "
          "write a size such as 36MiB, or off");
}

TEST_CASE("nothing near Go's grammar passes for it") {
    for (const auto* const text :
         {" 17MiB", "17MiB ", "17 MiB", "+17MiB", "-17MiB", "-1",     "17mib",
          "17MIB",  "17PiB",  "17EiB",  "17iB",   "MiB",    "B",      "KiB",
          "Off",    "OFF",    "1e6",    "0x10",   "17BB",   "17MiBB", "1_000"}) {
        refusal(text);
    }
    refusal(std::string_view("17\0", 3));
    CHECK(refusal(std::string(1'000'000, '9')).size() < 200);
}

TEST_CASE("a GOMEMLIMIT beyond 2^63 - 1 is malformed, as in Go") {
    CHECK(limit("9223372036854775807") == most);
    CHECK(limit("9223372036854775807B") == most);
    CHECK(limit("8388607TiB") == Bytes{8388607} << 40);
    CHECK(limit("9007199254740991KiB") == Bytes{9007199254740991} << 10);
    for (const auto* const text : {"9223372036854775808", "18446744073709551633", "8388608TiB",
                                   "9007199254740992KiB", "99999999999999999999999999MiB"}) {
        refusal(text);
    }
}

TEST_CASE("GOMEMLIMIT is written with the largest suffix that is exact") {
    CHECK(formatGomemlimit(36 * MiB) == "36MiB");
    CHECK(formatGomemlimit(17825792) == "17MiB");
    CHECK(formatGomemlimit(1536 * KiB) == "1536KiB");
    CHECK(formatGomemlimit(1024 * GiB) == "1TiB");
    CHECK(formatGomemlimit(17'000'000) == "17000000");
    CHECK(formatGomemlimit(0) == "0");
    for (const Bytes bytes : {Bytes{1}, KiB, 3 * MiB, 5 * GiB, Bytes{1} << 50, most}) {
        CHECK(limit(formatGomemlimit(bytes)) == bytes);
    }
}

TEST_CASE("GOGC is a number, off, or 100 where nothing is set") {
    CHECK(parseGogc("") == Gogc{});
    CHECK(parseGogc("100") == Gogc{});
    CHECK(parseGogc("50") == Gogc{.percent = 50});
    CHECK(parseGogc("0") == Gogc{.percent = 0});
    CHECK(parseGogc("007") == Gogc{.percent = 7});
    CHECK(parseGogc("2147483647") == Gogc{.percent = 2147483647});
    CHECK(parseGogc("off") == Gogc{.off = true});
}

TEST_CASE("a negative GOGC is off, and a lone minus sign is zero, as Go reads them") {
    CHECK(parseGogc("-1") == Gogc{.off = true});
    CHECK(parseGogc("-2147483648") == Gogc{.off = true});
    CHECK(parseGogc("-0") == Gogc{.percent = 0});
    CHECK(parseGogc("-") == Gogc{.percent = 0});
}

TEST_CASE("a malformed GOGC is silently 100, and marked") {
    for (const auto* const text : {"Off", "OFF", "50%", "+50", " 50", "50 ", "1.5", "1e2", "none",
                                   "2147483648", "-2147483649", "99999999999999999999", "0x32"}) {
        INFO(std::string(text));
        CHECK(parseGogc(text) == Gogc{.malformed = true});
    }
}

TEST_CASE("GOGC is written as Go reads it") {
    CHECK(formatGogc({.off = true}) == "off");
    CHECK(formatGogc({.percent = 50}) == "50");
    CHECK(formatGogc({}) == "100");
}

}  // namespace
