#include "process/output_buffer.h"

#include <doctest/doctest.h>

#include <string>

using namespace memfit::plugin;

TEST_CASE("a head keeps the beginning and counts what it dropped") {
    OutputBuffer buffer(OutputBuffer::Keep::head, 5);
    buffer.append("abc");
    buffer.append("defg");
    buffer.append("h");
    CHECK(buffer.text() == "abcde");
    CHECK(buffer.dropped() == 3);
}

TEST_CASE("a tail keeps the end, however the text arrives") {
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 100U}) {
        OutputBuffer buffer(OutputBuffer::Keep::tail, 5);
        const std::string text = "0123456789abcdefghij";
        for (std::size_t at = 0; at < text.size(); at += piece)
            buffer.append(text.substr(at, piece));
        CHECK(buffer.text() == "fghij");
        CHECK(buffer.dropped() == 15);
    }
}

TEST_CASE("what fits is kept whole") {
    OutputBuffer buffer(OutputBuffer::Keep::tail, 5);
    CHECK(buffer.text().empty());
    buffer.append("abcde");
    CHECK(buffer.text() == "abcde");
    CHECK(buffer.dropped() == 0);
}
