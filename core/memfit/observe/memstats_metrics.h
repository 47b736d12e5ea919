#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// The names under which programs publish what Go and the kernel say of their memory, on a
/// Prometheus page. Internal to the readers of statistics pages.
namespace memfit::memstats {

/// What a metric says. Several names may say the same.
enum class Figure : std::uint8_t {
    goroutines,
    sys,
    mapped,
    heapAlloc,
    heapSys,
    heapReleased,
    heapInuse,
    stackSys,
    nextGc,
    totalAlloc,
    numGc,
    pauseSeconds,
    pauseNanoseconds,
    gcCpuFraction,
    gcCpuSeconds,
    gcCpuNanoseconds,
    resident,
    cpuSeconds,
    cpuUserNanoseconds,
    cpuSystemNanoseconds,
    classUnused,
    classFree,
    classStacks,
    classOsStacks,
    usedStack,
    usedOther,
    gomemlimit,
    gomemlimitOrZero,  ///< where 0 stands for none
    gogc,
    version,
    count,
};

/// A metric's name taken apart.
struct Known {
    std::string_view prefix;       ///< with its underscore; empty without one
    std::string_view name;         ///< behind it
    std::optional<Figure> figure;  ///< nullopt: only a sign of Go
};

/// The longest part of the name that is known; nullopt where it says nothing of Go or the process.
[[nodiscard]] std::optional<Known> takeApart(std::string_view whole);

/// Whether the text of a number can be the figure: sizes and counts are whole, and nothing but GOGC
/// is below zero.
[[nodiscard]] bool makesSense(Figure figure, std::string_view text);

/// What only a Go program shows, whether it is read or not.
[[nodiscard]] bool isSignOfGo(std::string_view name);

/// The prefix of a program that runs beside the one that is meant, and shows or passes on a page
/// for it.
[[nodiscard]] bool isSidecarsPrefix(std::string_view prefix);

/// A sign that the page is from a program in another language.
[[nodiscard]] bool isOfAnotherLanguage(std::string_view name);

}  // namespace memfit::memstats
