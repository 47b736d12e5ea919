#include "testbed/local/first_use.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "memfit/trial/statistics.h"

namespace memfit::plugin {

namespace {

constexpr std::size_t mebibyte = 1 << 20;

std::optional<double> cpuSeconds() {
    rusage used{};
    if (getrusage(RUSAGE_SELF, &used) != 0) return std::nullopt;
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + (static_cast<double>(time.tv_usec) * 1e-6);
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// CPU time of the first use of an area of so many MiB.
std::optional<double> touched(std::size_t size) {
    const auto page = static_cast<std::size_t>(std::max(sysconf(_SC_PAGESIZE), 1L));
    const auto before = cpuSeconds();
    void* const area =
        mmap(nullptr, size * mebibyte, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) return std::nullopt;
    auto* const bytes = static_cast<volatile unsigned char*>(area);
    for (std::size_t at = 0; at < size * mebibyte; at += page) bytes[at] = 1;
    const auto after = cpuSeconds();
    (void)munmap(area, size * mebibyte);
    if (!before || !after || *after <= *before) return std::nullopt;
    return (*after - *before) / static_cast<double>(size);
}

std::optional<double> measured() {
    constexpr std::size_t areas = 5;
    constexpr std::size_t size = 2;
    std::vector<double> seconds;
    for (std::size_t i = 0; i < areas; ++i)
        if (const auto one = touched(size)) seconds.push_back(*one);
    return seconds.empty() ? std::nullopt : median(seconds);
}

}  // namespace

std::optional<double> firstUseSecondsPerMiB() {
    static const auto seconds = measured();
    return seconds;
}

}  // namespace memfit::plugin
