#include "memfit/documents/rfc3339.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace memfit {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Takes a text apart from its beginning; once something did not fit, `ok` stays false.
struct Cursor {
    std::string_view rest;
    bool ok = true;

    int digits(std::size_t count) {
        const auto part = rest.substr(0, count);
        const bool allDigits = part.size() == count && std::ranges::all_of(part, [](char c) {
                                   return c >= '0' && c <= '9';
                               });
        if (!allDigits) {
            ok = false;
            return 0;
        }
        int value = 0;
        std::from_chars(part.data(), part.data() + part.size(), value);
        rest.remove_prefix(count);
        return value;
    }

    bool skip(std::string_view oneOf) {
        if (rest.empty() || oneOf.find(rest.front()) == std::string_view::npos) return false;
        rest.remove_prefix(1);
        return true;
    }

    void expect(std::string_view oneOf) { ok = skip(oneOf) && ok; }
};

milliseconds fraction(Cursor& cursor) {
    if (!cursor.skip(".")) return milliseconds{0};
    const auto end = std::min(cursor.rest.find_first_not_of("0123456789"), cursor.rest.size());
    if (end == 0) cursor.ok = false;
    int value = 0;
    for (std::size_t place = 0; place < 3; ++place)
        value = value * 10 + (place < end ? cursor.rest[place] - '0' : 0);
    cursor.rest.remove_prefix(end);
    return milliseconds{value};
}

minutes offset(Cursor& cursor) {
    if (cursor.skip("Zz")) return minutes{0};
    const bool west = !cursor.rest.empty() && cursor.rest.front() == '-';
    cursor.expect("+-");
    const int hour = cursor.digits(2);
    cursor.expect(":");
    const int minute = cursor.digits(2);
    if (hour > 23 || minute > 59) cursor.ok = false;
    const minutes east = hours{hour} + minutes{minute};
    return west ? -east : east;
}

}  // namespace

std::string formatRfc3339(Timestamp time) {
    using std::chrono::sys_days;
    constexpr Timestamp first = sys_days{std::chrono::year{0} / 1 / 1};
    constexpr Timestamp last = sys_days{std::chrono::year{9999} / 12 / 31} + hours{24} - seconds{1};
    time = std::clamp(time, first, last);
    const auto day = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    auto text =
        fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    if (const auto millis = clock.subseconds().count(); millis != 0)
        text += fmt::format(".{:03}", millis);
    return text + "Z";
}

std::optional<Timestamp> parseRfc3339(std::string_view text) {
    Cursor cursor{text};
    const int year = cursor.digits(4);
    cursor.expect("-");
    const int month = cursor.digits(2);
    cursor.expect("-");
    const int day = cursor.digits(2);
    cursor.expect("Tt ");
    const int hour = cursor.digits(2);
    cursor.expect(":");
    const int minute = cursor.digits(2);
    cursor.expect(":");
    const int second = cursor.digits(2);
    const auto millis = fraction(cursor);
    const auto east = offset(cursor);
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    const bool valid =
        cursor.ok && cursor.rest.empty() && date.ok() && hour <= 23 && minute <= 59 && second <= 60;
    if (!valid) return std::nullopt;
    return std::chrono::sys_days{date} + hours{hour} + minutes{minute} + seconds{second} + millis -
           east;
}

}  // namespace memfit
