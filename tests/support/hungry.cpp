// A small program for the tests: it takes memory, listens, answers, dies, as it is told.
//
//   hungry --get PORT N      sends N requests one after the other; exit code 1 if one fails
//   hungry [OPTION…]              in the order in which they are given:
//     --ignore-term               ignores SIGTERM
//     --say TEXT                  prints TEXT to standard error
//     --take MIB                  takes that much memory and keeps it
//     --remember FILE MIB         takes that much for each start so far, which it counts in FILE
//     --spawn                     starts a child that sleeps
//     --exit CODE                 exits
//     --abort                     ends by SIGABRT
//     --sleep                     waits for a signal, without listening
//     --listen PORT               listens on 127.0.0.1 (0: any port); may be given twice
//     --listen6 PORT              the same on ::1
//     --serve                     answers; every request but those for statistics takes memory:
//     --per-request MIB             so much (default 0), before --serve
//     --child-per-request MIB       so much, in a child that the request starts, before --serve
//     --die-at N                    exits with code 3 at the Nth request, before --serve
//     --status CODE                 answers requests with this status, before --serve
//     --burn-per-request MS         so much CPU time, before --serve
//     --stats TEXT                  what the statistics page says (empty: there is none); {served}
//     in
//                                   it is the number of requests so far, {left} 1000 less that
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

struct Plan {
    std::size_t perRequest = 0;
    std::size_t childPerRequest = 0;
    long burnMilliseconds = 0;
    int dieAt = 0;
    std::string status = "200";
    std::string stats =
        R"({"goroutines": 3, "memstats": {"Sys":13980936,"HeapAlloc":2993840,"HeapSys":7864320}})";
    std::vector<int> listeners;
    std::vector<std::unique_ptr<char[]>> taken;
    int requests = 0;
};

void take(Plan& plan, std::size_t mebibytes) {
    for (std::size_t i = 0; i < mebibytes; ++i) {
        plan.taken.push_back(std::make_unique<char[]>(mebibyte));
        std::memset(plan.taken.back().get(), 1, mebibyte);
    }
}

/// The starts so far, this one among them: the bytes in the file.
std::size_t countStart(const std::string& path) {
    std::FILE* const file = std::fopen(path.c_str(), "a");
    if (file == nullptr) {
        std::perror("hungry: cannot count in the file");
        std::exit(1);
    }
    (void)std::fputc('x', file);
    const long starts = std::ftell(file);
    (void)std::fclose(file);
    return static_cast<std::size_t>(starts);
}

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

sockaddr_in6 loopback6(int port) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(static_cast<std::uint16_t>(port));
    address.sin6_addr = in6addr_loopback;
    return address;
}

template <class Address>
int listenOn(int family, const Address& address) {
    const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    (void)::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(socket, 64) != 0) {
        std::perror("hungry: cannot listen");
        std::exit(1);
    }
    return socket;
}

void takeInChild(Plan& plan) {
    const pid_t child = ::fork();
    if (child == 0) {
        take(plan, plan.childPerRequest);
        ::_exit(0);
    }
    (void)::waitpid(child, nullptr, 0);
}

void burn(long milliseconds) {
    const std::clock_t end = std::clock() + milliseconds * (CLOCKS_PER_SEC / 1000);
    while (std::clock() < end) {
    }
}

std::string statistics(const Plan& plan) {
    std::string text = plan.stats;
    const auto fill = [&text](std::string_view name, int number) {
        for (auto at = text.find(name); at != std::string::npos; at = text.find(name))
            text.replace(at, name.size(), std::to_string(number));
    };
    fill("{served}", plan.requests);
    fill("{left}", 1000 - plan.requests);
    return text;
}

std::string answerTo(Plan& plan, std::string_view request) {
    if (request.starts_with("GET /debug/vars")) return statistics(plan);
    if (++plan.requests == plan.dieAt) std::exit(3);
    burn(plan.burnMilliseconds);
    take(plan, plan.perRequest);
    if (plan.childPerRequest > 0) takeInChild(plan);
    return "hello";
}

void answer(Plan& plan, int listener, bool statistics) {
    const int connection = ::accept(listener, nullptr, nullptr);
    std::string request;
    char chunk[4096];
    while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t size = ::read(connection, chunk, sizeof chunk);
        if (size <= 0) break;
        request.append(chunk, static_cast<std::size_t>(size));
    }
    if (!request.empty()) {
        const bool page = request.starts_with("GET /debug/") || request.starts_with("GET /metrics");
        const bool unknown =
            page && (!statistics || plan.stats.empty() || !request.starts_with("GET /debug/vars"));
        const std::string body = unknown ? "no" : answerTo(plan, request);
        const std::string head =
            "HTTP/1.1 " + (unknown ? "404" : (page ? "200" : plan.status)) +
            " Answer\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n";
        const std::string text = head + body;
        (void)!::write(connection, text.data(), text.size());
    }
    ::close(connection);
}

/// With two listeners the last one has the statistics, as Go services often do.
[[noreturn]] void serve(Plan& plan) {
    std::vector<pollfd> waiting;
    for (const int listener : plan.listeners) waiting.push_back({listener, POLLIN, 0});
    while (true) {
        (void)::poll(waiting.data(), waiting.size(), -1);
        for (const pollfd& ready : waiting) {
            if (ready.revents != 0) answer(plan, ready.fd, ready.fd == plan.listeners.back());
        }
    }
}

int get(int port, int count) {
    for (int i = 0; i < count; ++i) {
        const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
        const sockaddr_in address = loopback(port);
        constexpr std::string_view request = "GET /work HTTP/1.1\r\nHost: test\r\n\r\n";
        char head[64] = {};
        const bool fine =
            ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
            ::write(socket, request.data(), request.size()) > 0 &&
            ::read(socket, head, sizeof head - 1) > 0 &&
            std::string_view(head).starts_with("HTTP/1.1 200");
        ::close(socket);
        if (!fine) {
            std::fprintf(stderr, "request %d failed\n", i + 1);
            return 1;
        }
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    (void)std::signal(SIGPIPE, SIG_IGN);
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 3 && words[0] == "--get") {
        return get(std::stoi(words[1]), std::stoi(words[2]));
    }
    Plan plan;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        const auto value = [&words, &i] { return words.at(++i); };
        if (word == "--ignore-term") (void)std::signal(SIGTERM, SIG_IGN);
        if (word == "--say") std::fprintf(stderr, "%s\n", value().c_str());
        if (word == "--take") take(plan, std::stoul(value()));
        if (word == "--remember") {
            const std::size_t starts = countStart(value());
            take(plan, starts * std::stoul(value()));
        }
        if (word == "--per-request") plan.perRequest = std::stoul(value());
        if (word == "--child-per-request") plan.childPerRequest = std::stoul(value());
        if (word == "--burn-per-request") plan.burnMilliseconds = std::stol(value());
        if (word == "--status") plan.status = value();
        if (word == "--stats") plan.stats = value();
        if (word == "--die-at") plan.dieAt = std::stoi(value());
        if (word == "--listen")
            plan.listeners.push_back(listenOn(AF_INET, loopback(std::stoi(value()))));
        if (word == "--listen6")
            plan.listeners.push_back(listenOn(AF_INET6, loopback6(std::stoi(value()))));
        if (word == "--spawn" && ::fork() == 0) {
            while (true) ::pause();
        }
        if (word == "--exit") return std::stoi(value());
        if (word == "--abort") std::abort();
        if (word == "--serve") serve(plan);
        if (word == "--sleep") {
            while (true) ::pause();
        }
    }
    return 0;
}
