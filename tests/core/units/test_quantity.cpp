#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "memfit/units/quantity.h"

namespace {

using namespace memfit;

constexpr Bytes most = std::numeric_limits<Bytes>::max();

Quantity parsed(std::string_view text) {
    INFO(std::string(text));
    const auto quantity = parseQuantity(text);
    REQUIRE(quantity.has_value());
    return *quantity;
}

std::string refusal(std::string_view text) {
    INFO(std::string(text.substr(0, 60)));
    const auto quantity = parseQuantity(text);
    REQUIRE(quantity.has_error());
    CHECK(quantity.error().kind == ErrorKind::input);
    return quantity.error().message();
}

TEST_CASE("every suffix of Kubernetes has its value") {
    CHECK(parsed("0") == Quantity{0, false});
    CHECK(parsed("17825792") == Quantity{17 * MiB, false});
    CHECK(parsed("3000000000n") == Quantity{3, false});
    CHECK(parsed("3000000u") == Quantity{3, false});
    CHECK(parsed("3000m") == Quantity{3, false});
    CHECK(parsed("500k") == Quantity{500'000, false});
    CHECK(parsed("17M") == Quantity{17'000'000, false});
    CHECK(parsed("2G") == Quantity{2'000'000'000, false});
    CHECK(parsed("2T") == Quantity{2'000'000'000'000, false});
    CHECK(parsed("2P") == Quantity{2'000'000'000'000'000, false});
    CHECK(parsed("9E") == Quantity{9'000'000'000'000'000'000, false});
    CHECK(parsed("1Ki") == Quantity{KiB, false});
    CHECK(parsed("36Mi") == Quantity{36 * MiB, false});
    CHECK(parsed("2Gi") == Quantity{2 * GiB, false});
    CHECK(parsed("2Ti") == Quantity{2048 * GiB, false});
    CHECK(parsed("1Pi") == Quantity{Bytes{1} << 50, false});
    CHECK(parsed("7Ei") == Quantity{Bytes{7} << 60, false});
}

TEST_CASE("decimals are exact where floating point is not") {
    CHECK(parsed("1.5Gi") == Quantity{1536 * MiB, false});
    CHECK(parsed("0.1M") == Quantity{100'000, false});
    CHECK(parsed("4.35k") == Quantity{4350, false});
    CHECK(parsed("9007199254740993") == Quantity{9007199254740993, false});
    CHECK(parsed("9007199.254740993G") == Quantity{9007199254740993, false});
    CHECK(parsed("0.0000152587890625Mi") == Quantity{16, false});
    CHECK(parsed("0.000000000000000000867361737988403547205962240695953369140625Ei") ==
          Quantity{1, false});
}

TEST_CASE("a fraction of a byte rounds up and is marked: 17m is not 17 megabytes") {
    CHECK(parsed("17m") == Quantity{1, true});
    CHECK(parsed("1500m") == Quantity{2, true});
    CHECK(parsed("0.5") == Quantity{1, true});
    CHECK(parsed("0.1Mi") == Quantity{104858, false});
    CHECK(parsed("1e-9") == Quantity{1, true});
    CHECK(parsed("1.0000000000000000000000000001Gi") == Quantity{GiB + 1, false});
    CHECK(parsed("0m") == Quantity{0, false});
}

TEST_CASE("E is exa when it stands alone and an exponent before digits") {
    CHECK(parsed("1E") == Quantity{1'000'000'000'000'000'000, false});
    CHECK(parsed("1Ei") == Quantity{Bytes{1} << 60, false});
    CHECK(parsed("1E3") == Quantity{1000, false});
    CHECK(parsed("1e3") == Quantity{1000, false});
    CHECK(parsed("1e+3") == Quantity{1000, false});
    CHECK(parsed("1234E-2") == Quantity{13, true});
    CHECK(parsed("1.5e1") == Quantity{15, false});
    for (const auto* const text :
         {"1e", "1e+", "1e-", "1e3Mi", "1e3M", "1e1.5", "1e0x10", "1ee3"}) {
        refusal(text);
    }
}

TEST_CASE("signs, leading zeros and dots at either end are read as Kubernetes reads them") {
    CHECK(parsed("+36Mi") == Quantity{36 * MiB, false});
    CHECK(parsed("00036Mi") == Quantity{36 * MiB, false});
    CHECK(parsed(".5Gi") == Quantity{512 * MiB, false});
    CHECK(parsed("1.Gi") == Quantity{GiB, false});
    CHECK(parsed("-0") == Quantity{0, false});
    CHECK(parsed("36.000Mi") == Quantity{36 * MiB, false});
}

TEST_CASE("2^63 - 1 fits and one more does not, however it is written") {
    CHECK(parsed("9223372036854775807").bytes == most);
    CHECK(parsed("9223372036854775806.5").bytes == most);
    CHECK(parsed("9.223372036854775807E").bytes == most);
    CHECK(refusal("9223372036854775808") ==
          "\"9223372036854775808\" is not a quantity: it is beyond 2^63 - 1; "
          "write a size such as 36Mi");
    for (const auto* const text :
         {"9223372036854775807.5", "18446744073709551617", "8Ei", "7.9999999999999999999Ei", "16Ei",
          "10E", "18014398509481984Ki", "99999999999999999999999Mi", "1e19", "1e99"}) {
        refusal(text);
    }
}

TEST_CASE("long digit strings and absurd exponents end quickly, as an answer or an error") {
    const std::string manyZeros(100'000, '0');
    CHECK(parsed(manyZeros + "36Mi") == Quantity{36 * MiB, false});
    CHECK(parsed("36." + manyZeros + "Mi") == Quantity{36 * MiB, false});
    CHECK(parsed("36." + manyZeros + "1Mi") == Quantity{36 * MiB + 1, false});
    CHECK(parsed("36" + manyZeros + "e-100000") == Quantity{36, false});
    CHECK(parsed("0." + manyZeros + "36e100002") == Quantity{36, false});
    CHECK(parsed("1e-999999999999999999999999") == Quantity{1, true});
    CHECK(parsed("0e999999999999999999999999") == Quantity{0, false});
    refusal("1" + manyZeros);
    refusal("1e999999999999999999999999");
    refusal("1e9223372036854775807");
    refusal("1e" + manyZeros + "99");
}

TEST_CASE("a suffix that Kubernetes does not know is refused with the one probably meant") {
    CHECK(refusal("17MB") ==
          "\"17MB\" is not a quantity: Kubernetes knows no suffix \"MB\"; write 17M or 17Mi");
    CHECK(refusal("1.5GiB") ==
          "\"1.5GiB\" is not a quantity: Kubernetes knows no suffix \"GiB\"; write 1.5Gi");
    CHECK(refusal("17kb") ==
          "\"17kb\" is not a quantity: Kubernetes knows no suffix \"kb\"; write 17k or 17Ki");
    CHECK(refusal("17K") ==
          "\"17K\" is not a quantity: Kubernetes knows no suffix \"K\"; write 17k or 17Ki");
    CHECK(refusal("17ki") ==
          "\"17ki\" is not a quantity: Kubernetes knows no suffix \"ki\"; write 17Ki");
    CHECK(refusal("17 Mi") ==
          "\"17 Mi\" is not a quantity: Kubernetes knows no suffix \" Mi\"; write 17Mi");
    CHECK(refusal("17g") ==
          "\"17g\" is not a quantity: Kubernetes knows no suffix \"g\"; write 17G or 17Gi");
    CHECK(refusal("17B") ==
          "\"17B\" is not a quantity: Kubernetes knows no suffix \"B\"; write 17");
    CHECK(refusal("10%") ==
          "\"10%\" is not a quantity: Kubernetes knows no suffix \"%\"; "
          "a percentage is not a size: write a size such as 36Mi");
    CHECK(refusal("17furlongs") ==
          "\"17furlongs\" is not a quantity: Kubernetes knows no suffix \"furlongs\"; "
          "write a number with one of k, M, G, Ki, Mi, Gi, such as 36Mi");
}

TEST_CASE("a negative size and a text without digits are refused") {
    CHECK(refusal("-1Mi") ==
          "\"-1Mi\" is not a quantity: it is negative; write a size such as 36Mi");
    CHECK(refusal("") == "\"\" is not a quantity: it has no digits; write a size such as 36Mi");
    for (const auto* const text : {"-1m", ".", "+", "-", "Mi", "..5", "1.1.M", "+-1", " 1", "1 ",
                                   "0x10", "1i", "nan", "inf", "1,5Gi"}) {
        refusal(text);
    }
}

TEST_CASE("a hostile text is shown shortened and on one line") {
    CHECK(refusal("1\n\x1b[31m\xff") ==
          "\"1??[31m?\" is not a quantity: Kubernetes knows no suffix \"??[31m?\"; "
          "write a number with one of k, M, G, Ki, Mi, Gi, such as 36Mi");
    CHECK(refusal(std::string(1'000'000, 'x')).size() < 200);
    CHECK(refusal(std::string(1'000'000, '9') + "MB").size() < 200);
    CHECK(refusal(std::string_view("1\0Mi", 4)).find("\"1?Mi\"") == 0);
}

TEST_CASE("sizes are written in the largest binary suffix that is exact") {
    CHECK(formatQuantity(36 * MiB) == "36Mi");
    CHECK(formatQuantity(1536 * KiB) == "1536Ki");
    CHECK(formatQuantity(1000) == "1000");
    CHECK(formatQuantity(0) == "0");
    CHECK(formatQuantity(1) == "1");
    CHECK(formatQuantity(GiB) == "1Gi");
    CHECK(formatQuantity(Bytes{1} << 62) == "4Ei");
    CHECK(formatQuantity(most) == "9223372036854775807");
}

TEST_CASE("what is written is read back as the same size") {
    for (const Bytes bytes : {Bytes{0}, Bytes{1}, Bytes{1023}, KiB, 3 * KiB + 1, 36 * MiB,
                              Bytes{23418120}, GiB + KiB, Bytes{1} << 60, most}) {
        CHECK(parsed(formatQuantity(bytes)) == Quantity{bytes, false});
    }
}

TEST_CASE("CPU is read in thousandths of a core, rounded up") {
    CHECK(parseMilliCpu("250m").value() == 250);
    CHECK(parseMilliCpu("1").value() == 1000);
    CHECK(parseMilliCpu("1.5").value() == 1500);
    CHECK(parseMilliCpu("0.1").value() == 100);
    CHECK(parseMilliCpu("100u").value() == 1);
    CHECK(parseMilliCpu("2k").value() == 2'000'000);
    CHECK(parseMilliCpu("0").value() == 0);
    CHECK(parseMilliCpu("250mc").error().message() ==
          "\"250mc\" is not a CPU quantity: Kubernetes knows no suffix \"mc\"; "
          "write cores such as 250m or 1.5");
    CHECK(parseMilliCpu("-1").has_error());
    CHECK(parseMilliCpu("9223372036854775807").has_error());
}

}  // namespace
