#include "cli/parse.h"

#include <doctest/doctest.h>

using namespace memfit;
using namespace memfit::plugin;

namespace {

Command parsed(const std::vector<std::string>& words) {
    auto request = parse(words);
    REQUIRE_MESSAGE(request.has_value(), (request ? "" : request.error().message()));
    REQUIRE(std::holds_alternative<Command>(*request));
    return std::get<Command>(*request);
}

std::string refused(const std::vector<std::string>& words) {
    const auto request = parse(words);
    REQUIRE(!request.has_value());
    CHECK((request.error().kind == ErrorKind::usage));
    return request.error().message();
}

std::string notice(const std::vector<std::string>& words) {
    const auto request = parse(words);
    REQUIRE(request.has_value());
    REQUIRE(std::holds_alternative<Notice>(*request));
    return std::get<Notice>(*request).text;
}

}  // namespace

TEST_CASE("a whole recommend command line becomes typed values") {
    const auto command = parsed({"recommend",
                                 "--local",
                                 "--port",
                                 "3000",
                                 "--load",
                                 "hey -n 10 {url}/",
                                 "-e",
                                 "A=b=c",
                                 "--env=EMPTY=",
                                 "--unset-env",
                                 "HOME",
                                 "--cpu",
                                 "250m",
                                 "--resolution",
                                 "5%",
                                 "--risk",
                                 "0.02",
                                 "--confirm",
                                 "4",
                                 "--from",
                                 "8Mi",
                                 "--to=1Gi",
                                 "--floor",
                                 "rps>=0.9x",
                                 "--limits",
                                 "none,min,64Mi",
                                 "--modes",
                                 "plain",
                                 "--runs",
                                 "7",
                                 "--tolerance",
                                 "3%",
                                 "--policy",
                                 "lean",
                                 "-o",
                                 "json",
                                 "-qv",
                                 "--",
                                 "./api",
                                 "--flag",
                                 "-o",
                                 "yaml"});
    const auto& o = command.options;
    CHECK((command.kind == CommandKind::recommend));
    CHECK(o.local);
    CHECK(o.port == 3000);
    CHECK(o.load == "hey -n 10 {url}/");
    CHECK(o.env == std::vector<std::pair<std::string, std::string>>{{"A", "b=c"}, {"EMPTY", ""}});
    CHECK(o.unsetEnv == std::vector<std::string>{"HOME"});
    CHECK(o.cpuMilli == 250);
    CHECK(o.search.resolution == doctest::Approx(0.05));
    CHECK(o.search.risk == doctest::Approx(0.02));
    CHECK(o.search.confirmations == 4);
    CHECK(o.search.from == 8 * MiB);
    CHECK(o.search.to == GiB);
    CHECK(o.floor->text() == "rps>=0.9x");
    CHECK(o.limits.size() == 3);
    CHECK((o.modes == std::vector<Mode>{Mode::plain}));
    CHECK(o.runs == 7);
    CHECK(o.tolerance.value() == doctest::Approx(0.03));
    CHECK((o.policy == Policy::lean));
    CHECK((o.output == OutputFormat::json));
    CHECK(o.quiet);
    CHECK(o.verbose);
    CHECK(o.program == std::vector<std::string>{"./api", "--flag", "-o", "yaml"});
}

TEST_CASE("files may be repeated and a dash is standard input") {
    const auto command = parsed({"recommend", "-f", "a.json", "-f", "-", "--filename=b.json"});
    CHECK(command.options.files == std::vector<std::string>{"a.json", "-", "b.json"});
}

TEST_CASE("an unknown command or flag names the nearest one") {
    CHECK(refused({"sqeeze"}) == "unknown command 'sqeeze'; did you mean 'squeeze'?");
    CHECK(refused({"frobnicate"}) == "unknown command 'frobnicate'; see kubectl memfit --help");
    CHECK(refused({"bench", "--rnus", "3"}) ==
          "unknown flag '--rnus' of bench; did you mean '--runs'?");
    CHECK(refused({"probe", "--runs", "3"}) ==
          "probe does not take --runs; see kubectl memfit probe --help");
    CHECK(refused({"--local", "probe"}) ==
          "'--local' comes before the command; write the command first: kubectl memfit recommend "
          "[flags]");
}

TEST_CASE("a value that does not fit is refused with the flag and what would fit") {
    const std::vector<std::string> base{"squeeze", "--local", "--port", "3000", "--load", "x"};
    const auto with = [&](std::vector<std::string> more) {
        auto words = base;
        words.insert(words.end(), more.begin(), more.end());
        words.insert(words.end(), {"--", "./api"});
        return refused(words);
    };
    CHECK(with({"--port", "70000"}) == "--port: '70000' is not a whole number from 1 to 65535");
    CHECK(with({"--from", "17MB"}).starts_with("--from: "));
    CHECK(with({"--from", "17MB"}).find("17Mi") != std::string::npos);
    CHECK(with({"--to", "1.5GiB"}).find("1.5Gi") != std::string::npos);
    CHECK(with({"--from", "17m"}) ==
          "--from: '17m' is a fraction of a byte; use M or Mi for a size of memory");
    CHECK(with({"--from", "2Gi", "--to", "1Gi"}) ==
          "--from 2048 MiB is above --to 1024 MiB; swap them");
    CHECK(with({"--mode", "fancy"}) == "--mode: 'fancy' is not one of plain|gomemlimit");
    CHECK(with({"--load-timeout", "soon"}) ==
          "--load-timeout: 'soon' is not a duration; write it as 500ms, 90s or 2m");
    CHECK(with({"--env", "=x"}) == "--env: '' does not set a variable; write it as NAME=VALUE");
    CHECK(with({"-o", "xml"}) ==
          "--output: 'xml' is not one of table|json|yaml|markdown|html|patch|sarif|github");
}

TEST_CASE("what a command cannot do without is asked for") {
    CHECK(refused({"squeeze", "--local", "--port", "1", "--", "./api"}) ==
          "squeeze needs a load; give one: --load 'hey -n 1000 -c 10 {url}/'");
    CHECK(refused({"probe"}) ==
          "probe has nothing to measure; name a workload (deploy/NAME), or use --local ... -- "
          "PROGRAM");
    CHECK(refused({"recommend"}) ==
          "recommend has nothing to measure; name a workload (deploy/NAME), or use --local ... -- "
          "PROGRAM, or -f FILE");
    CHECK(refused({"squeeze", "deploy/api"}) ==
          "squeeze needs a load; give one: --load 'hey -n 1000 -c 10 {url}/'");
    CHECK(refused({"recommend", "deploy/api", "--in-place"}) ==
          "--in-place changes the live workload to measure it under a load; give one: --load 'hey "
          "-n 1000 -c 10 {url}/'");
    CHECK(refused({"squeeze", "deploy/api", "--load", "x", "--via", "pod"}) ==
          "--via pod needs an image that has the load command; add --load-image IMAGE");
    CHECK(
        refused({"squeeze", "deploy/api", "--load", "x", "--via", "direct", "--load-image", "i"}) ==
        "--load-image runs the load in a pod of its own; leave out --via, or use --via pod");
    CHECK(
        refused({"cleanup", "deploy/api"}) ==
        "cleanup takes no workload: it removes what runs have left; choose the namespace with -n");
    CHECK(refused({"cleanup", "-o", "json"}) == "cleanup prints text only; leave out -o");
    CHECK(refused({"squeeze", "deploy/api", "--load", "x", "--in-place", "--parallel", "2"}) ==
          "--in-place changes one workload, so its trials cannot run in parallel; leave out "
          "--parallel");
    CHECK(refused({"probe", "--local", "--port", "1"}) ==
          "--local needs a program; write it last, after `--`");
    CHECK(refused({"recommend", "-f", "x", "--check"}) ==
          "--check needs to know what is set; add --limit QUANTITY or --edit FILE");
}

TEST_CASE("commands around the trials are taken as they are, beside the command of that name") {
    const auto o = parsed({"squeeze", "--local", "--setup", "make db", "--prepare",
                           "cp -r db {dir}", "--cleanup", "rm -r db", "--load", "x", "--", "./api"})
                       .options;
    CHECK(o.setup == "make db");
    CHECK(o.prepare == "cp -r db {dir}");
    CHECK(o.cleanupCommand == "rm -r db");
    CHECK(refused({"cleanup", "--cleanup", "x"}) ==
          "cleanup does not take --cleanup; see kubectl memfit cleanup --help");
}

TEST_CASE("a placeholder that would stand for nothing is refused") {
    const auto with = [](const std::vector<std::string>& flags) {
        std::vector<std::string> words{"squeeze", "--local", "--load", "x"};
        words.insert(words.end(), flags.begin(), flags.end());
        words.insert(words.end(), {"--", "./api"});
        return refused(words);
    };
    CHECK(with({"--prepare", "curl {url}/reset"}) ==
          "--prepare runs while the program does not run, so it has no {url}; send requests with "
          "--warmup");
    CHECK(with({"--cleanup", "curl {host}:{port}"}) ==
          "--cleanup runs while the program does not run, so it has no {host}; send requests with "
          "--warmup");
    CHECK(with({"--setup", "mkdir {dir}/a"}) ==
          "--setup runs once, but {dir} is a new folder for each trial; use {dir} in --prepare, or "
          "name "
          "a folder that stays");
    CHECK(
        with({"--cleanup", "rm {dir}/a"}) ==
        "--cleanup runs once, but {dir} is a new folder for each trial; use {dir} in --prepare, or "
        "name a folder that stays");
    CHECK(refused({"squeeze", "deploy/api", "--load", "x", "--env", "DATA={dir}"}) ==
          "{dir} is a folder of this machine, but --env DATA is of a pod; name a path of the pod: "
          "each trial pod starts with empty ones");
    CHECK(refused({"squeeze", "deploy/api", "--load", "k6 run {dir}/x", "--load-image", "i"}) ==
          "{dir} is a folder of this machine, but the load runs in a pod; name a path of that pod");
    const auto around = std::string(
        "--setup, --prepare and --cleanup run around trials, but no trial runs; give a TARGET and "
        "a "
        "--load, or leave them out");
    CHECK(refused({"recommend", "-f", "x", "--prepare", "y"}) == around);
    CHECK(refused({"probe", "deploy/api", "--setup", "y"}) == around);
    CHECK(refused({"recommend", "deploy", "--cleanup", "y"}) == around);
}

TEST_CASE("kubectl's own connection flags are handed on in their order, each as one word") {
    const auto command =
        parsed({"recommend", "deploy", "api", "-n", "shop", "--context", "prod", "--as-group=a",
                "--as-group", "b", "--insecure-skip-tls-verify", "-s", "https://x:6443"});
    CHECK(command.options.target == std::vector<std::string>{"deploy", "api"});
    CHECK(command.options.ns == "shop");
    CHECK(command.options.connectionFlags ==
          std::vector<std::string>{"--context=prod", "--as-group=a", "--as-group=b",
                                   "--server=https://x:6443", "--insecure-skip-tls-verify"});
}

TEST_CASE("an image for the load means that the load runs in a pod") {
    const auto command =
        parsed({"squeeze", "deploy/api", "--load", "hey {url}", "--load-image", "hey:1"});
    CHECK((command.options.via == Via::pod));
    CHECK(command.options.loadImage == "hey:1");
}

TEST_CASE("help of every command names every flag that it takes and no other") {
    for (const auto& command : commandTable()) {
        const auto help = notice({std::string(command.name), "--help"});
        for (const auto& option : optionTable()) {
            const bool takes = (option.commands & bit(command.kind)) != 0;
            CAPTURE(command.name);
            CAPTURE(option.name);
            CHECK((help.find("--" + std::string(option.name)) != std::string::npos) >= takes);
            const auto inTable = help.find("\n      --" + std::string(option.name) + " ");
            if (!takes) CHECK(inTable == std::string::npos);
        }
        for (std::size_t start = 0; start < help.size();) {
            const auto end = std::min(help.find('\n', start), help.size());
            CHECK(end - start <= 120);  // examples are not broken
            start = end + 1;
        }
    }
}

TEST_CASE("no arguments, --help and --version print and do nothing") {
    CHECK(notice({}) == notice({"--help"}));
    CHECK(notice({"help", "bench"}) == notice({"bench", "-h"}));
    CHECK(notice({"--version"}).starts_with("kubectl-memfit "));
}

TEST_CASE("ways to hand over the advice that contradict each other are refused") {
    CHECK(refused({"squeeze", "deploy/api", "--load", "hey", "-o", "patch"}) ==
          "squeeze has no patch to print; recommend -o patch does");
    CHECK(refused({"recommend", "-f", "a.json", "--edit", "m.yaml", "-o", "patch"}) ==
          "-o patch and --edit are two ways to deliver the same advice; choose one of them");
    CHECK(refused({"recommend", "-f", "a.json", "--diff"}) ==
          "--diff shows what --edit would change; add --edit FILE");
    CHECK(refused({"recommend", "-f", "a.json", "--apply"}) ==
          "--apply patches a live workload; name it: deploy/NAME");
    CHECK(refused({"recommend", "deploy/api", "--apply", "--check"}) ==
          "--apply patches a live workload; leave out --check and --edit");
    CHECK(refused({"recommend", "-f", "-", "--edit", "-"}) ==
          "standard input cannot be both the results and the manifest; give one of -f and --edit a "
          "file");
}

TEST_CASE("many workloads are meant by a type alone or by the flags that select") {
    const auto many = [](const std::vector<std::string>& words) {
        return meansMany(parsed(words).options);
    };
    CHECK(many({"recommend", "deploy"}));
    CHECK(many({"recommend", "deploy,sts", "-n", "shop"}));
    CHECK(many({"recommend", "--all"}));
    CHECK(many({"recommend", "-A"}));
    CHECK(many({"recommend", "-l", "app=api"}));
    CHECK_FALSE(many({"recommend", "deploy/api"}));
    CHECK_FALSE(many({"recommend", "deploy", "api"}));
    CHECK_FALSE(many({"recommend", "-f", "bench.json"}));
}

TEST_CASE("flags for one workload are refused with many") {
    CHECK(refused({"recommend", "deploy/api", "-A"}) ==
          "'deploy/api' is one workload, and --all, -A and -l mean many; leave out the name or the "
          "flag");
    CHECK(refused({"recommend", "deploy", "--load", "hey {url}"}) ==
          "a load is run against one workload; name one workload: deploy/NAME");
    CHECK(refused({"recommend", "--all", "-f", "bench.json"}) ==
          "many workloads are judged from their cluster alone; leave out -f and --local");
    CHECK(refused({"recommend", "--all", "-o", "patch"}) ==
          "a patch is made for one workload; name one workload: deploy/NAME");
}
