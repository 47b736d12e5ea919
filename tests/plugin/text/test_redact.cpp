#include "text/redact.h"

#include <doctest/doctest.h>

#include <string>

using namespace memfit::plugin;
using Words = std::vector<std::string>;

TEST_CASE("headers with secrets lose their values") {
    CHECK(redactText("Authorization: Bearer abc.def") == "Authorization: <redacted>");
    CHECK(redactText("cookie:a=b; c=d") == "cookie:<redacted>");
    CHECK(redactText("X-Api-Key: 123") == "X-Api-Key: <redacted>");
    CHECK(redactText("Proxy-Authorization: Basic x") == "Proxy-Authorization: <redacted>");
    CHECK(redactText("Accept: text/html") == "Accept: text/html");
}

TEST_CASE("a command inside a word is searched too, up to its quote") {
    CHECK(redactText("hey -H \"Authorization: Bearer abc\" http://x/ && echo done") ==
          "hey -H \"Authorization: <redacted>\" http://x/ && echo done");
    CHECK(redactText("tool --token abc --n 3") == "tool --token <redacted> --n 3");
    CHECK(redactText("tool --password='a b' -n 3") == "tool --password=<redacted> -n 3");
    CHECK(redactText("TOKEN=\"a b\" tool") == "TOKEN=<redacted> tool");
}

TEST_CASE("userinfo is taken out of URLs, a plain URL stays") {
    CHECK(redactText("http://me:pw@host:80/a@b") == "http://<redacted>@host:80/a@b");
    CHECK(redactText("http://host:80/a@b") == "http://host:80/a@b");
    CHECK(redactText("http://host/?token=abc&n=3") == "http://host/?token=<redacted>&n=3");
}

TEST_CASE("assignments to names that speak of a secret lose their values") {
    CHECK(redactWords({"env", "DB_PASSWORD=x y", "API_KEY=1", "GOGC=off", "hey"}) ==
          Words{"env", "DB_PASSWORD=<redacted>", "API_KEY=<redacted>", "GOGC=off", "hey"});
}

TEST_CASE("the word after an option that takes a secret is one, by tool") {
    CHECK(redactWords({"curl", "-u", "me:pw", "-o", "x"}) ==
          Words{"curl", "-u", "<redacted>", "-o", "x"});
    CHECK(redactWords({"/usr/bin/ab", "-A", "me:pw", "-n", "5"}) ==
          Words{"/usr/bin/ab", "-A", "<redacted>", "-n", "5"});
    CHECK(redactWords({"x", "--token", "--token", "abc"}) ==
          Words{"x", "--token", "<redacted>", "abc"});
    CHECK(redactWords({"wrk", "-a", "me"}) == Words{"wrk", "-a", "me"});
    CHECK(redactWords({}).empty());
}

TEST_CASE("long and odd texts are taken without harm") {
    const std::string slashes(200'000, '/');
    CHECK_FALSE(redactText(slashes).empty());
    std::string scheme(100'000, 'a');
    scheme += "://";
    CHECK_FALSE(redactText(scheme).empty());
    CHECK_FALSE(redactText(std::string("\0token=\xff", 8)).empty());
}

TEST_CASE("a script that is a word is searched like the command lines that it holds") {
    const auto shown = [](const std::string& script) {
        const auto words = redactWords({"sh", "-c", script});
        CHECK(words.front() == "sh");
        return words.back();
    };
    CHECK(shown("hey -a me:X -n 5 {url}/ | tee log") == "hey -a <redacted> -n 5 {url}/ | tee log");
    CHECK(shown("curl -s -u 'me:X' http://h/;ab -A \"me:X\" -n 5 http://h/") ==
          "curl -s -u '<redacted>' http://h/;ab -A \"<redacted>\" -n 5 http://h/");
    CHECK(shown("for i in 1 2; do curl -ume:X http://h/ >/dev/null; done") ==
          "for i in 1 2; do curl -u<redacted> http://h/ >/dev/null; done");
    CHECK(shown("hey -H \"Authorization: Bearer X\" -a me:X http://h/") ==
          "hey -H \"Authorization: <redacted>\" -a <redacted> http://h/");
    CHECK(shown("exec env API_TOKEN='a X' hey -n 5 http://me:X@h/") ==
          "exec env API_TOKEN=<redacted> hey -n 5 http://<redacted>@h/");
    CHECK(shown("id=$(curl -u me:X http://h/); hey http://h/$id") ==
          "id=$(curl -u <redacted> http://h/); hey http://h/$id");
    CHECK(shown("id=\"$(curl -u me:X http://h/)\"") == "'id=$(curl -u <redacted> http://h/)'");
    CHECK(shown("timeout 9 bash -c 'curl -u \"me:X\" http://h/'") ==
          "timeout 9 bash -c 'curl -u \"<redacted>\" http://h/'");
}

TEST_CASE("a script without a secret is shown as it is, whatever is wrong in it") {
    for (const std::string script :
         {"curl -o 'a b' http://h/ && wrk -a \\\" x", "it's open", "a \"open\\", "hey -a",
          "(;|& )`", "x '' \"\" ''\\''  y\n", "{\"a\": [1, 2]}"}) {
        CHECK(redactWords({"sh", "-c", script}).back() == script);
    }
}

TEST_CASE("scripts within scripts end somewhere") {
    std::string script = "curl -u me:X http://h/";
    for (int depth = 0; depth < 12; ++depth) {
        std::string quoted = "sh -c \"";
        for (const char c : script)
            quoted += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
        script = quoted + '"';
    }
    CHECK(redactWords({"sh", "-c", script}).back().find("me:X") == std::string::npos);
}

TEST_CASE("secrets in the spellings of the load tools are taken out") {
    CHECK(redactWords({"wrk", "-HAuthorization: Bearer X"}) ==
          Words{"wrk", "-HAuthorization: <redacted>"});
    CHECK(redactWords({"autocannon", "-H", "Authorization=Bearer X"}) ==
          Words{"autocannon", "-H", "Authorization=<redacted>"});
    CHECK(redactWords({"hey", "-H", "Cookie: a=\"b\"; sid=X"}) ==
          Words{"hey", "-H", "Cookie: <redacted>"});
    CHECK(redactWords({"hey", "-a=user:X"}) == Words{"hey", "-a=<redacted>"});
    CHECK(redactWords({"ab", "-Auser:X"}) == Words{"ab", "-A<redacted>"});
    CHECK(redactWords({"timeout", "60", "hey", "-a", "user:X"}) ==
          Words{"timeout", "60", "hey", "-a", "<redacted>"});
    CHECK(redactWords({"./api", "--db-password", "X", "--port", "80"}) ==
          Words{"./api", "--db-password", "<redacted>", "--port", "80"});
    CHECK(redactText("http://u:p@X@host/") == "http://<redacted>@host/");
}
