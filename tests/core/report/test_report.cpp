#include "memfit/report/report.h"

#include <doctest/doctest.h>

#include "memfit/report/figures.h"
#include "memfit/report/yaml.h"

using namespace memfit;

namespace {

const Report sample{
    Heading{"sales-api: limits"},
    Table{{{"limit", Align::right}, {"outcome", Align::left}, {"", Align::left}},
          {{{"17 MiB", Tone::normal}, {"OOM-killed", Tone::bad}, {"██", Tone::bad}},
           {{"no limit", Tone::normal}, {"survived", Tone::good}, {"", Tone::normal}}}},
    Paragraph{{{"Edge: 17 MiB", Tone::strong}, {"(16 to 18 MiB).", Tone::normal}}},
    Bullets{{{"a | b `c` <d>", "code-one", Tone::normal}}},
    Code{"kubectl memfit bench\n"},
};

}  // namespace

TEST_CASE("text is aligned, without trailing spaces") {
    CHECK(renderText(sample, {}) == R"(sales-api: limits
     limit  outcome
    17 MiB  OOM-killed  ██
  no limit  survived
Edge: 17 MiB (16 to 18 MiB).
  - a | b `c` <d> [code-one]
    kubectl memfit bench
)");
}

TEST_CASE("colour surrounds words and leaves the alignment alone") {
    const Report report{
        Table{{{"a", Align::left}, {"b", Align::left}}, {{{"x", Tone::bad}, {"y", Tone::normal}}}}};
    CHECK(renderText(report, {true, 100}) ==
          "  \x1b[2ma\x1b[0m  \x1b[2mb\x1b[0m\n  \x1b[31mx\x1b[0m  y\n");
}

TEST_CASE("prose is wrapped at the width and bullets keep their indent") {
    const Report report{Bullets{{{"one two three four five six", "", Tone::normal}}}};
    CHECK(renderText(report, {false, 16}) == "  - one two\n    three four\n    five six\n");
}

TEST_CASE("markdown escapes what would format") {
    CHECK(renderMarkdown(sample) == R"(### sales-api: limits

| limit | outcome |  |
| ---: | --- | --- |
| 17 MiB | OOM-killed | ██ |
| no limit | survived |  |

**Edge: 17 MiB** (16 to 18 MiB).

- a \| b \`c\` \<d\> (`code-one`)

```
kubectl memfit bench
```
)");
}

TEST_CASE("escape sequences of a hostile program do not reach the terminal") {
    const Report report{Paragraph{{{"\x1b[2Jgone", Tone::normal}}}};
    CHECK(renderText(report, {}) == "?[2Jgone\n");
    CHECK(printable("a\xC2\x9B"
                    "2Jb") == "a?2Jb");
}

TEST_CASE("text cannot turn the direction of writing, in which it would pose as another") {
    CHECK(printable("\u202Aa\u202Eb\u2066c\u2069d") == "?a?b?c?d");
    CHECK(printable("\u2029\u2030\u2065\u206A \u00A0 ö \u2588") ==
          "\u2029\u2030\u2065\u206A \u00A0 ö \u2588");
    CHECK(printable("cut \xE2\x80") == "cut \xE2\x80");
}

TEST_CASE("markdown from documents leaves no code, brings in no HTML and mentions nobody") {
    const Report report{
        Details{"of @team", {Paragraph{{{"by @octo, you@example.com &#64;x ~~y~~"}}}}},
        Bullets{{{"warned", "a`<img src=x>`\u202Eb", Tone::normal}, {"bare", "`", Tone::normal}}},
        Code{"echo ```\n@octo \u202E\n"},
    };
    CHECK(renderMarkdown(report) ==
          "<details>\n"
          "<summary>of @\u200Bteam</summary>\n\n"
          "by @\u200Bocto, you@example.com \\&\\#64;x \\~\\~y\\~\\~\n\n"
          "</details>\n\n"
          "- warned (`a<img src=x>?b`)\n"
          "- bare\n\n"
          "````\n"
          "echo ```\n"
          "@octo ?\n"
          "````\n");
}

TEST_CASE("a bar grows in eighths and never beyond its width") {
    CHECK(bar(0, 10, 4).empty());
    CHECK(bar(5, 10, 4) == "██");
    CHECK(bar(10, 10, 4) == "████");
    CHECK(bar(11, 10, 4) == "████");
    CHECK(bar(1, 32, 4) == "▏");
}

TEST_CASE("figures keep about three digits, and an absent one is empty") {
    CHECK(durationText(33.7325) == "33.73 s");
    CHECK(durationText(0.0319) == "32 ms");
    CHECK(durationText(0.0048) == "4.8 ms");
    CHECK(durationText(0.00048) == "480 us");
    CHECK(durationText(std::nullopt).empty());
    CHECK(rateText(698.4) == "698");
    CHECK(rateText(29.645) == "29.6");
    CHECK(rateText(9.4462) == "9.45");
    CHECK(rateText(0.004) == "0.004");
    CHECK(changeText(1.0) == "0 %");
    CHECK(changeText(1.187) == "+19 %");
    CHECK(changeText(0.32) == "-68 %");
    CHECK(changeText(1.004) == "+0.4 %");
    CHECK(changeText(0.9996) == "-0.04 %");
    CHECK(changeText(0.9904) == "-1 %");
    CHECK(changeText(1 + 1e-9) == "0 %");
    CHECK(shareText(0.004) == "0.4 %");
    CHECK(shareText(0.00001) == "< 0.01 %");
    CHECK(shareText(0.12) == "12 %");
}

TEST_CASE("yaml is the same tree, with strings that stay strings") {
    CHECK(jsonToYaml(R"({"a": {"gogc": "off", "n": 17, "x": null, "ok": true},
                         "list": [1, {"k": "17"}], "none": [], "empty": {}})") == R"(a:
  gogc: "off"
  n: 17
  x: ~
  ok: true
list:
  - 1
  - k: "17"
none: []
empty: {}
)");
}

TEST_CASE("markdown stays below what a pull request's comment takes, and says what it left out") {
    Table table{{{"name", Align::left}}, {}};
    for (int i = 0; i < 20000; ++i) table.rows.push_back({{"container"}});
    const auto text = renderMarkdown({table});
    CHECK(text.size() <= 65536);
    CHECK(text.ends_with("| container |\n\nand 15904 more rows; `-o json` has them all\n"));
}

TEST_CASE("markdown begins with the recommendation and folds away what stands behind it") {
    const Report report{
        Details{"squeeze <b>", {Paragraph{{{"Edge: 17 MiB", Tone::strong}}}}},
        Heading{"Recommended for api"},
        Details{"of pages", {Code{"kubectl\n"}}, false},
        Details{"charts alone", {Chart{}, Bars{}}, false},
    };
    CHECK(renderMarkdown(report) == R"(### Recommended for api

<details>
<summary>of pages</summary>

```
kubectl
```

</details>

<details>
<summary>squeeze &lt;b&gt;</summary>

**Edge: 17 MiB**

</details>
)");
}

TEST_CASE("text tells the parts in order, without those of pages only") {
    CHECK(renderText({Details{"squeeze", {Paragraph{{{"Edge: 17 MiB"}}}}},
                      Details{"of pages", {Paragraph{{{"again"}}}}, false}, Heading{"Recommended"}},
                     {}) == "squeeze\nEdge: 17 MiB\n\nRecommended\n");
}
