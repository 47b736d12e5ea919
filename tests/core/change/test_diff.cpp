#include <doctest/doctest.h>

#include <string>

#include "memfit/change/diff.h"

namespace {

using namespace memfit;

TEST_CASE("equal texts have no diff") {
    CHECK(unifiedDiff("", "", "f").empty());
    CHECK(unifiedDiff("a\nb", "a\nb", "f").empty());
}

TEST_CASE("changes that are near share a hunk, changes that are far do not") {
    CHECK(unifiedDiff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\nx\n3\n4\n5\n6\n7\n8\n9\n", "f") ==
          "--- f\n+++ f\n@@ -1,5 +1,5 @@\n 1\n-2\n+x\n 3\n 4\n 5\n");
    CHECK(unifiedDiff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\nx\n3\n4\n5\n6\n7\n8\ny\n9\n", "f") ==
          "--- f\n+++ f\n@@ -1,9 +1,10 @@\n 1\n-2\n+x\n 3\n 4\n 5\n 6\n 7\n 8\n+y\n 9\n");
    CHECK(unifiedDiff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "0\n1\n2\n3\n4\n5\n6\n7\n8\n", "f") ==
          "--- f\n+++ f\n@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -6,4 +7,3 @@\n 6\n 7\n 8\n-9\n");
}

TEST_CASE("a missing final line break is said on the side that misses it") {
    const std::string none = "\n\\ No newline at end of file\n";
    CHECK(unifiedDiff("a", "a\n", "f") == "--- f\n+++ f\n@@ -1 +1 @@\n-a" + none + "+a\n");
    CHECK(unifiedDiff("a\nb", "c\nb", "f") == "--- f\n+++ f\n@@ -1,2 +1,2 @@\n-a\n+c\n b" + none);
}

TEST_CASE("a whole text comes or goes") {
    CHECK(unifiedDiff("", "a\nb\n", "f") == "--- f\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n");
    CHECK(unifiedDiff("a\r\n", "", "f") == "--- f\n+++ f\n@@ -1 +0,0 @@\n-a\r\n");
}

TEST_CASE("the fewest lines change, and texts without a common line are one block") {
    CHECK(unifiedDiff("a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", "f") ==
          "--- f\n+++ f\n@@ -1,7 +1,6 @@\n-a\n-b\n c\n+b\n a\n b\n-b\n a\n+c\n");
    std::string left = "same\n", right = "same\n",
                expected = "--- f\n+++ f\n@@ -1,3001 +1,3001 @@\n same\n";
    for (int i = 0; i < 3000; ++i) left += "l" + std::to_string(i) + "\n";
    for (int i = 0; i < 3000; ++i) right += "r" + std::to_string(i) + "\n";
    for (int i = 0; i < 3000; ++i) expected += "-l" + std::to_string(i) + "\n";
    for (int i = 0; i < 3000; ++i) expected += "+r" + std::to_string(i) + "\n";
    CHECK(unifiedDiff(left, right, "f") == expected);
}

}  // namespace
