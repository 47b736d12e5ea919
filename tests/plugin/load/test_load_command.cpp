#include <doctest/doctest.h>

#include "trial/trial_runner.h"

using namespace memfit;
using namespace memfit::plugin;

namespace {

using Words = std::vector<std::string>;

Words wordsOf(const std::string& text) {
    const auto command = parseLoadCommand(text);
    REQUIRE_MESSAGE(command.has_value(), text);
    return command->words;
}

}  // namespace

TEST_CASE("a load command is split as a shell splits words") {
    CHECK(wordsOf("hey -n 1000  -c\t10 {url}/v1/users\n") ==
          Words{"hey", "-n", "1000", "-c", "10", "{url}/v1/users"});
    CHECK(wordsOf("a 'b c' \"d e\" f\\ g") == Words{"a", "b c", "d e", "f g"});
    CHECK(wordsOf("a b'c'\"d\"e") == Words{"a", "bcde"});
    CHECK(wordsOf("a '' \"\"") == Words{"a", "", ""});
    CHECK(wordsOf(R"(a "\"q\" \$x \n" 'it'\''s \n')") == Words{"a", "\"q\" $x \\n", "it's \\n"});
    CHECK(wordsOf("a \\\nb") == Words{"a", "b"});
    CHECK(wordsOf("a $HOME * ~ `id`") == Words{"a", "$HOME", "*", "~", "`id`"});
    CHECK(wordsOf("curl http://x/?a=1&b=2") == Words{"curl", "http://x/?a=1&b=2"});
}

TEST_CASE("a load command that cannot be meant is refused with what to do") {
    const auto complaint = [](const std::string& text) {
        const auto command = parseLoadCommand(text);
        REQUIRE_FALSE(command.has_value());
        CHECK(command.error().kind == ErrorKind::usage);
        return command.error().message();
    };
    CHECK(complaint("hey 'x") == "load command has an unclosed '; close the quote");
    CHECK(complaint("hey \"x'") == "load command has an unclosed \"; close the quote");
    CHECK(complaint("hey \\") == "load command ends in a backslash; remove it");
    CHECK(complaint(" \t") == "load command is empty; write it like --load 'hey -n 1000 {url}'");
    CHECK(complaint("''") == complaint(""));
    CHECK(complaint("hey {url} | tee log") ==
          "load command holds the shell operator |, but no shell runs it; write --load \"sh -c "
          "'…'\" if you want one");
}

TEST_CASE("another command than the load is named by its flag") {
    const auto complaint = [](const std::string& text) {
        return parseLoadCommand(text, "prepare").error().message();
    };
    CHECK(complaint("") == "prepare command is empty; name a program, or leave out --prepare");
    CHECK(complaint("rm 'x") == "prepare command has an unclosed '; close the quote");
    CHECK(complaint("rm x && ls") ==
          "prepare command holds the shell operator &&, but no shell runs it; write --prepare \"sh "
          "-c '…'\" if you want one");
}

TEST_CASE("the trial's folder is filled in wherever it stands") {
    CHECK(withFolder({"cp", "{dir}/a", "--to={dir}:{dir}", "{url}"}, "/tmp/x") ==
          Words{"cp", "/tmp/x/a", "--to=/tmp/x:/tmp/x", "{url}"});
    CHECK(usesFolder({"a", "--x={dir}/b"}));
    CHECK_FALSE(usesFolder({"{dir", "dir}", "{url}"}));
}

TEST_CASE("an operator that is quoted is a word like any other") {
    CHECK(wordsOf("grep '|' \\>") == Words{"grep", "|", ">"});
    CHECK(wordsOf("sh -c 'a | b > c'") == Words{"sh", "-c", "a | b > c"});
}

TEST_CASE("placeholders are filled in wherever they stand") {
    const auto command =
        parseLoadCommand("ab -n 1 {url}/x?h={host}&p={port} {host}:{port} {other}");
    CHECK(fillIn(*command, {"http", "127.0.0.1", 3000}) ==
          Words{"ab", "-n", "1", "http://127.0.0.1:3000/x?h=127.0.0.1&p=3000", "127.0.0.1:3000",
                "{other}"});
}

TEST_CASE("the text of a load command carries no secret and can be typed again") {
    CHECK(parseLoadCommand("hey -H 'Authorization: Bearer abc' -a me:pw {url}/a'b c'")->text ==
          "hey -H 'Authorization: <redacted>' -a '<redacted>' '{url}/ab c'");
}
