#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "process/run.h"
#include "support/fixtures.h"
#include "support/memfit_binary.h"

using namespace memfit::test;

namespace {

const std::string manifest = R"(# The shop's service.
apiVersion: apps/v1
kind: Deployment
metadata: {name: sales-api, namespace: sales-system}
spec:
  template:
    spec:
      containers:
      - name: sales-api   # Go
        image: 'sales-api:dev'
        resources:
          limits: {cpu: 250m, memory: 1Gi}
)";

const std::string edited = R"(# The shop's service.
apiVersion: apps/v1
kind: Deployment
metadata: {name: sales-api, namespace: sales-system}
spec:
  template:
    spec:
      containers:
      - name: sales-api   # Go
        image: 'sales-api:dev'
        resources:
          limits: {cpu: 250m, memory: 36Mi}
          requests:
            memory: 36Mi
        env:
        - name: GOMEMLIMIT
          valueFrom:
            resourceFieldRef:
              containerName: sales-api
              resource: limits.memory
        - name: GOGC
          value: "off"
)";

BinaryEnd recommend(std::vector<std::string> flags, BinarySetup setup = {}) {
    flags.insert(flags.begin(), {"recommend", "-f", fixturePath("replay/seed-bench.json")});
    return memfitRun(flags, std::move(setup));
}

std::string changesOf(const std::string& file) {
    return file + ":12: limits.memory 1Gi -> 36Mi\n" + file + ":13: requests.memory 36Mi\n" + file +
           ":15: GOMEMLIMIT from limits.memory, GOGC off\n";
}

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("--edit gives the manifest the advised settings and says which lines changed") {
    const TemporaryFolder folder;
    const auto file = folder.file("deploy.yaml", manifest);
    const auto first = recommend({"--edit", file.string()});
    CHECK(first.code == 0);
    CHECK(first.err == changesOf(file.string()));
    CHECK(first.out == readFixture("e2e/seed-bench.table.txt"));
    CHECK(read(file) == edited);
    const auto second = recommend({"--edit", file.string(), "--check"});
    CHECK(second.code == 0);
    CHECK(second.err.empty());
}

TEST_CASE("--edit - is a filter") {
    const auto end = recommend({"--edit", "-"}, {.input = manifest});
    CHECK(end.code == 0);
    CHECK(end.out == edited);
    CHECK(end.err == changesOf("<stdin>"));
}

TEST_CASE("the example's manifest becomes the advised one") {
    const auto end = recommend({"--edit", "-", "-q"}, {.input = read(MEMFIT_EXAMPLE_MANIFEST)});
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    CHECK(end.out == readFixture("e2e/sales-api-advised.yaml"));
}

TEST_CASE("--diff prints what --edit would change, and --check exits 3; neither writes") {
    const TemporaryFolder folder;
    const auto file = folder.file("deploy.yaml", manifest);
    const auto diff = recommend({"--edit", file.string(), "--diff", "-q"});
    CHECK(diff.code == 0);
    CHECK(diff.err.empty());
    CHECK(diff.out == "--- " + file.string() + "\n+++ " + file.string() + R"(
@@ -9,4 +9,14 @@
       - name: sales-api   # Go
         image: 'sales-api:dev'
         resources:
-          limits: {cpu: 250m, memory: 1Gi}
+          limits: {cpu: 250m, memory: 36Mi}
+          requests:
+            memory: 36Mi
+        env:
+        - name: GOMEMLIMIT
+          valueFrom:
+            resourceFieldRef:
+              containerName: sales-api
+              resource: limits.memory
+        - name: GOGC
+          value: "off"
)");
    const auto check = recommend({"--edit", file.string(), "--check"});
    CHECK(check.code == 3);
    CHECK(check.err.starts_with("check: " + file.string() + ":12: limits.memory 1Gi -> 36Mi\n"));
    CHECK(read(file) == manifest);
}

TEST_CASE("--check lets a manifest be that is above the advice by no more than the tolerance") {
    const auto codeAt = [](const std::string& memory) {
        auto text = edited;
        for (std::size_t at = 0; (at = text.find("36Mi", at)) != std::string::npos;)
            text.replace(at, 4, memory);
        return recommend({"--edit", "-", "--check"}, {.input = text}).code;
    };
    CHECK(codeAt("37Mi") == 0);
    CHECK(codeAt("38Mi") == 3);
    CHECK(codeAt("35Mi") == 3);
}

TEST_CASE("--edit keeps the file's mode and follows a symbolic link") {
    const TemporaryFolder folder;
    const auto file = folder.file("real.yaml", manifest);
    std::filesystem::permissions(file, std::filesystem::perms(0640));
    const auto link = folder.path() / "link.yaml";
    std::filesystem::create_symlink("real.yaml", link);
    CHECK(recommend({"--edit", link.string(), "-q"}).code == 0);
    CHECK(std::filesystem::is_symlink(link));
    CHECK(read(file) == edited);
    CHECK((std::filesystem::status(file).permissions() == std::filesystem::perms(0640)));
    // The temporary file has gone.
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
}

TEST_CASE("a manifest that cannot be edited ends in one line, and stays as it was") {
    const TemporaryFolder folder;
    const auto refused = [&](const std::string& text, const std::vector<std::string>& more = {}) {
        const auto file = folder.file("deploy.yaml", text);
        std::vector<std::string> flags{"--edit", file.string(), "--diff"};
        flags.insert(flags.end(), more.begin(), more.end());
        const auto end = recommend(flags);
        CHECK(end.code == 1);
        CHECK(end.out.empty());
        CHECK(read(file) == text);
        std::string line = end.err;
        const auto at = line.find(folder.path().string() + "/");
        if (at != std::string::npos) line.erase(at, folder.path().string().size() + 1);
        return line;
    };
    CHECK(refused("") ==
          "error: deploy.yaml:1: empty, not a manifest; give a file that holds one\n");
    CHECK(refused("kind: ConfigMap\n") ==
          "error: deploy.yaml:1: has no Deployment sales-api of namespace sales-system; it has no "
          "workload\n");
    CHECK(refused(manifest, {"-c", "proxy"}) ==
          "error: deploy.yaml:9: Deployment sales-api of namespace sales-system has no container "
          "proxy; it has sales-api\n");
    const auto missing = recommend({"--edit", (folder.path() / "no.yaml").string()});
    CHECK(missing.code == 1);
    CHECK(missing.err.ends_with(
        "no.yaml: No such file or directory; give the manifest that holds the workload\n"));
}

TEST_CASE("when two workloads match, neither is edited") {
    const TemporaryFolder folder;
    const auto file = folder.file("deploy.yaml", manifest + "---\n" + manifest);
    const auto end = recommend({"--edit", file.string()});
    CHECK(end.code == 1);
    CHECK(end.err == "error: " + file.string() +
                         ":2: Deployment sales-api of namespace sales-system is there more than "
                         "once, in lines 2 and 15; split the file\n");
    CHECK(read(file) == manifest + "---\n" + manifest);
}

TEST_CASE("a read-only file or folder stays as it was, and the error says so") {
    // Root may write everywhere, unless it gives up the right to.
    const BinarySetup mortal{
        ::geteuid() == 0 ? std::vector<std::string>{"setpriv", "--bounding-set", "-dac_override"}
                         : std::vector<std::string>{}};
    using std::filesystem::perms;
    const TemporaryFolder folder;
    const auto file = folder.file("deploy.yaml", manifest);
    const auto refused = "error: cannot write " + file.string() +
                         ": Permission denied; the file is unchanged; see the diff with --diff\n";
    std::filesystem::permissions(file, perms(0444));
    CHECK(recommend({"--edit", file.string()}, mortal).err == refused);
    std::filesystem::permissions(file, perms(0644));
    std::filesystem::permissions(folder.path(), perms(0555));
    const auto end = recommend({"--edit", file.string()}, mortal);
    std::filesystem::permissions(folder.path(), perms(0755));
    CHECK(end.code == 1);
    CHECK(end.err == refused);
    CHECK(read(file) == manifest);
}

TEST_CASE("on a full disk the manifest stays as it was") {
    if (::geteuid() != 0) {
        MESSAGE("not root, so no file system of one page can be mounted");
        return;
    }
    const TemporaryFolder folder;
    // A mount namespace of its own: whatever becomes of this, nothing stays mounted.
    const std::string script = R"(mount -t tmpfs -o size=8k none "$0" &&
        cp "$0.yaml" "$0/deploy.yaml" && head -c 4096 /dev/zero > "$0/rest" && "$@"
        code=$?; cmp "$0.yaml" "$0/deploy.yaml" && ls "$0"; exit $code)";
    const BinarySetup full{
        {"unshare", "--mount", "sh", "-c", script, (folder.path() / "disk").string()}};
    std::filesystem::create_directory(folder.path() / "disk");
    (void)folder.file("disk.yaml", manifest);
    const auto file = (folder.path() / "disk" / "deploy.yaml").string();
    const auto end = recommend({"--edit", file, "-q", "-o", "json"}, full);
    CHECK(end.code == 1);
    CHECK(end.out.ends_with("}\ndeploy.yaml\nrest\n"));
    CHECK(end.err ==
          "error: cannot write " + file +
              ": No space left on device; the file is unchanged; see the diff with --diff\n");
}

TEST_CASE("-o patch prints a strategic merge patch of the object that the documents name") {
    const auto end = recommend({"-o", "patch"});
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    CHECK(end.out == R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: sales-api
  namespace: sales-system
spec:
  template:
    spec:
      containers:
        - name: sales-api
          env:
            - name: GOMEMLIMIT
              value: null
              valueFrom:
                resourceFieldRef:
                  containerName: sales-api
                  resource: limits.memory
                  divisor: null
                configMapKeyRef: null
                fieldRef: null
                secretKeyRef: null
            - name: GOGC
              value: "off"
              valueFrom: null
          resources:
            limits:
              memory: 36Mi
            requests:
              memory: 36Mi
)");
}

TEST_CASE("-n and -c name what the patch is for, and without a name there is none") {
    const auto named = recommend({"-o", "patch", "-n", "shop", "-c", "main"});
    CHECK(named.code == 0);
    CHECK(named.out.find("  namespace: shop\n") != std::string::npos);
    CHECK(named.out.find("        - name: main\n") != std::string::npos);
    CHECK(named.out.find("containerName: main\n") != std::string::npos);
    auto nameless = read(fixturePath("replay/seed-bench.json"));
    const std::string container = ",\n  \"container\": \"sales-api\"";
    const auto at = nameless.find(container);
    REQUIRE(at != std::string::npos);
    nameless.erase(at, container.size());
    const auto end = memfitRun({"recommend", "-f", "-", "-o", "patch"}, {.input = nameless});
    CHECK(end.code == 2);
    CHECK(end.out.empty());
    CHECK(end.err ==
          "error: the documents do not say which container was measured; name it with "
          "--container\n");
}

TEST_CASE("the printed patch is a Kustomize patch, and nothing that contradicts it survives") {
    const TemporaryFolder folder;
    (void)folder.file("deploy.yaml", R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: sales-api
spec:
  template:
    spec:
      containers:
      - image: sales-api:dev
        name: sales-api
        env:
        - name: GOMEMLIMIT
          valueFrom:
            resourceFieldRef: {resource: limits.memory, divisor: 1Mi}
        - name: GOGC
          valueFrom:
            configMapKeyRef: {name: tuning, key: gogc}
)");
    (void)folder.file("patch.yaml", recommend({"-o", "patch"}).out);
    (void)folder.file("kustomization.yaml", R"(namespace: elsewhere
resources: [deploy.yaml]
patches:
- path: patch.yaml
  target: {kind: Deployment, name: sales-api}
)");
    memfit::plugin::EventLoop loop;
    const auto built =
        memfit::plugin::run(loop, {"kubectl", "kustomize", folder.path().string()}, {}, 60);
    REQUIRE(built.has_value());
    CHECK(built->err.empty());
    CHECK(built->out == R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: sales-api
  namespace: elsewhere
spec:
  template:
    spec:
      containers:
      - env:
        - name: GOMEMLIMIT
          valueFrom:
            resourceFieldRef:
              containerName: sales-api
              resource: limits.memory
        - name: GOGC
          value: "off"
        image: sales-api:dev
        name: sales-api
        resources:
          limits:
            memory: 36Mi
          requests:
            memory: 36Mi
)");
}
