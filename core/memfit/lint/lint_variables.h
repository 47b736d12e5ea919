#pragma once

// Internal to memfit/lint: what a container's environment says, as the kubelet makes it.

#include <optional>
#include <string>
#include <string_view>

#include "memfit/lint/lint_amounts.h"

namespace memfit::lint {

struct Variable {
    enum class Kind {
        absent,
        literal,    ///< `text` is what the program gets
        reference,  ///< resourceFieldRef `field`
        unknown,    ///< from elsewhere, or filled in by a tool
        refused,    ///< the API server refuses the entry
    };
    Kind kind = Kind::absent;
    yaml::NodeId at = yaml::noNode;  ///< of the value, else of the entry
    Document* in = nullptr;          ///< where `at` stands
    yaml::NodeId field = yaml::noNode;
    std::string text;
    std::string written;    ///< differs from `text` where other variables stand in it
    std::string origin;     ///< ` of ConfigMap api-env`; empty: the container's own env
    std::string undefined;  ///< a name in the value that nothing above it defines
    bool ofNode = false;    ///< a limit that is not set stands in it

    [[nodiscard]] bool is(Kind wanted) const { return kind == wanted; }
};

/// The memory of one container.
struct Amounts {
    Amount limit, request;
};

class Environment {
public:
    Environment(const ContainerView& container, const Amounts& amounts);

    /// The variable as the program gets it: of several entries the last, and entries before
    /// envFrom. Names in a value, `$(NAME)`, stand for what is defined above it (Kubernetes, Define
    /// Dependent Environment Variables).
    [[nodiscard]] Variable of(std::string_view name);

    /// Reports what is wrong with entries whatever their names are for: a value that is not a
    /// string, two sources, two entries, a divisor, a name that Go does not know.
    void judgeEntries(const Report& report);

    /// Whether something in it shows that the program is Go.
    [[nodiscard]] bool speaksOfGo();

private:
    [[nodiscard]] Variable resolve(std::string_view name, std::size_t before, int depth);
    [[nodiscard]] Variable valueOf(std::size_t entry, int depth);
    [[nodiscard]] Variable literalOf(std::size_t entry, yaml::NodeId value, int depth);
    [[nodiscard]] Variable ofKey(yaml::NodeId entry, yaml::NodeId reference) const;
    [[nodiscard]] Variable fromWhole(std::string_view name) const;
    [[nodiscard]] static Variable keyOf(const ConfigMap& map, std::string_view key,
                                        std::string_view name);
    void expand(Variable& variable, std::size_t entry, int depth);
    [[nodiscard]] std::optional<std::string> textOf(const Variable& variable, Variable& user) const;
    void judgeNames(const Report& report) const;
    void judgeTwice(std::string_view name, const Report& report) const;
    void judgeDivisor(yaml::NodeId entry, const Report& report) const;
    [[nodiscard]] bool isUsed(std::string_view name) const;
    [[nodiscard]] std::string nameOf(std::size_t entry) const;

    const ContainerView& container_;
    const Amounts& amounts_;
    const yaml::Tree& tree_;
    std::vector<yaml::NodeId> entries_;
    std::vector<yaml::NodeId> sources_;
    int budget_ = 1000;  ///< of names that are looked up
};

/// Whether Kubernetes accepts the divisor of a memory resource: 0, 1, or 1 with a suffix
/// (k8s.io/kubernetes/pkg/apis/core/validation, validContainerResourceDivisorForMemory).
[[nodiscard]] bool isDivisor(std::string_view text);

/// The number that it divides by: 1 for 0 and when it is absent, nullopt when Kubernetes does not
/// accept it.
[[nodiscard]] std::optional<Bytes> divisorOf(const yaml::Tree& tree, yaml::NodeId field);

}  // namespace memfit::lint
