// How long one statistics page takes to parse. Usage: parse_pages FIXTURES
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <vector>

#include "memfit/observe/memstats.h"
#include "memfit/trial/statistics.h"

using namespace memfit;

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print(stderr, "usage: parse_pages FIXTURES\n");
        return 2;
    }
    for (const char* const name :
         {"expvar-go1.19.json", "prometheus-etcd.txt", "pprof-go1.19.txt"}) {
        std::ifstream file(fmt::format("{}/memstats/{}", argv[1], name), std::ios::binary);
        const std::string page{std::istreambuf_iterator<char>(file), {}};
        std::vector<double> microseconds;
        for (int run = 0; run < 1000; ++run) {
            const auto start = std::chrono::steady_clock::now();
            const auto snapshot = parseMemstats(page);
            const std::chrono::duration<double, std::micro> took =
                std::chrono::steady_clock::now() - start;
            if (!snapshot) {
                fmt::print(stderr, "error: {}: {}\n", name, snapshot.error().message());
                return 1;
            }
            microseconds.push_back(took.count());
        }
        fmt::print("{:<22}{:>9} bytes  median {:>7.1f} us  90th percentile {:>7.1f} us\n", name,
                   page.size(), median(microseconds).value(), quantile(microseconds, 0.9).value());
    }
    return 0;
}
