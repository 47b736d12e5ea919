#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <future>
#include <iterator>
#include <optional>
#include <sstream>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "memfit/units/quoted.h"
#include "memfit/yaml/yaml_scan.h"
#include "memfit/yaml/yaml_tree.h"

namespace memfit::yaml {

namespace {

constexpr std::size_t maxDepth = 100;
constexpr std::size_t maxNodes = 2'000'000;
constexpr std::string_view renderFirst =
    "render it first and pipe the output: helm template . | kubectl memfit COMMAND … -";

constexpr std::string_view openQuote = "the quote that opens here is never closed";
constexpr std::string_view closeQuote = "add the closing quote";

// Leaves the parser from within a callback; caught in parseDocument.
struct Abort : std::exception {
    explicit Abort(Problem its) : problem(std::move(its)) {}
    Problem problem;
};

[[noreturn]] void abort(std::size_t offset, std::string what, std::string next = {}) {
    throw Abort(Problem{static_cast<std::uint32_t>(offset), std::move(what), std::move(next)});
}

// JSON writes a character above U+FFFF as the escapes of two surrogates, which YAML has not: a copy
// of the text with one `\U` escape instead of each such pair, and the way back to the text.
class WithoutSurrogates {
public:
    explicit WithoutSurrogates(std::string_view text) : copy_(text) {
        const std::size_t first = text.find_first_not_of(" \t\r\n");
        const bool json = first != std::string_view::npos && text[first] == '{';
        if (json && text.find("\\u") != std::string_view::npos) replaceIn(text);
    }

    [[nodiscard]] std::string takeCopy() { return std::move(copy_); }
    /// The offset in the text of offset `at` of the copy.
    [[nodiscard]] std::size_t original(std::size_t at) const {
        const auto before = std::ranges::upper_bound(ends_, at) - ends_.begin();
        return at + (pair - single) * static_cast<std::size_t>(before);
    }

private:
    static constexpr std::size_t pair = 12;    // \ud83d\ude00
    static constexpr std::size_t single = 10;  // \U0001f600

    // In JSON a backslash stands in strings alone, before what it escapes.
    void replaceIn(std::string_view text) {
        copy_.clear();
        std::size_t from = 0;
        for (std::size_t at = text.find('\\'); at < text.size(); at = text.find('\\', at)) {
            const auto high = surrogate(text, at, 0xD800);
            const auto low = surrogate(text, at + pair / 2, 0xDC00);
            if (!high || !low) {
                at += 2;
                continue;
            }
            copy_.append(text, from, at - from);
            copy_ += fmt::format("\\U{:08x}", 0x10000U + (*high << 10U) + *low);
            ends_.push_back(copy_.size());
            from = at += pair;
        }
        copy_.append(text, from);
    }

    // The ten bits of the surrogate that is escaped at `at`, of those from `base` on.
    [[nodiscard]] static std::optional<unsigned> surrogate(std::string_view text, std::size_t at,
                                                           unsigned base) {
        const auto escape = text.substr(std::min(at, text.size()), pair / 2);
        if (escape.size() < pair / 2 || !escape.starts_with("\\u")) return std::nullopt;
        unsigned value = 0;
        const auto read = std::from_chars(escape.data() + 2, escape.data() + 6, value, 16);
        const bool fits = read.ptr == escape.data() + 6 && (value & 0xFC00U) == base;
        return fits ? std::optional(value & 0x3FFU) : std::nullopt;
    }

    std::string copy_;
    std::vector<std::size_t> ends_;  // of the escapes in the copy
};

// Collects the events of the parser into a Tree, and finds out where each node ends.
class Builder : public YAML::EventHandler {
public:
    Builder(std::string_view text, const WithoutSurrogates& parsed) : text_(text), parsed_(parsed) {
        // Few documents have more, and those that have none grow by themselves.
        constexpr std::size_t bytesOfNode = 8;
        constexpr std::size_t most = 4096;
        tree_.nodes.reserve(std::min(text.size() / bytesOfNode + 1, most));
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) {
            abort(offset(mark), "something follows the end of the document",
                  "separate documents by a line ---");
        }
    }
    void OnDocumentEnd() override {}
    void OnAnchor(const YAML::Mark&, const std::string& name) override { anchorName_ = name; }
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const NodeId id = open(mark, Value::Kind::null, "?", anchor);
        placeNull(id, anchor != 0);
        close(id);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const NodeId id = open(mark, Value::Kind::alias, "?", 0);
        const NodeId target = anchors_.at(anchor - 1);
        auto& its = *properties(target);
        its.aliases.push_back(id);
        node(id).target = target;
        node(id).text = its.anchor;
        node(id).end = static_cast<std::uint32_t>(node(id).begin + 1 + its.anchor.size());
        close(id);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        const NodeId id = open(mark, Value::Kind::scalar, tag, anchor);
        node(id).text = value;
        placeScalar(node(id), tag);
        close(id);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override {
        push(open(mark, Value::Kind::sequence, tag, anchor), style);
    }
    void OnSequenceEnd() override { pop(']'); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override {
        const NodeId id = open(mark, Value::Kind::map, tag, anchor);
        push(id, style);
        const NodeId parent = node(id).parent;
        if (parent != noNode && node(id).flow && isKey(id) && text_[node(id).begin] == '{' &&
            node(id).begin == node(parent).content + 1) {
            throw Abort(templateProblem(node(parent).content));
        }
    }
    void OnMapEnd() override {
        checkKeys(stack_.back());
        pop('}');
    }

    [[nodiscard]] Tree take() {
        std::ranges::sort(tree_.properties, {}, &Properties::node);
        return std::move(tree_);
    }
    [[nodiscard]] std::size_t offset(const YAML::Mark& mark) const {
        const auto at = static_cast<std::size_t>(std::max(mark.pos, 0));
        return std::min(parsed_.original(at), text_.size());
    }
    /// Where the last finished scalar ends: a parser's failure lies behind it.
    [[nodiscard]] std::size_t reached() const { return reached_; }
    /// The last quoted scalar of several lines; npos without one.
    [[nodiscard]] std::size_t longQuote() const { return longQuote_; }

private:
    Node& node(NodeId id) { return tree_.nodes[id]; }

    Properties* properties(NodeId id) {
        // Asked for the targets of aliases alone: an index instead of a search.
        return &tree_.properties[propertyIndex_.at(id)];
    }

    NodeId open(const YAML::Mark& mark, Value::Kind kind, const std::string& tag,
                YAML::anchor_t anchor) {
        const auto at = static_cast<std::uint32_t>(offset(mark));
        if (tree_.nodes.size() >= maxNodes)
            abort(at, "a document of more than 2000000 values", "split the document");
        unwriteNull(at);
        const auto id = static_cast<NodeId>(tree_.nodes.size());
        tree_.nodes.emplace_back();
        node(id).kind = kind;
        node(id).begin = node(id).content = node(id).end = at;
        if (stack_.empty()) {
            tree_.root = id;
        } else {
            node(id).parent = stack_.back();
            node(stack_.back()).children.push_back(id);
        }
        setProperties(id, tag, anchor);
        return id;
    }

    void setProperties(NodeId id, const std::string& tag, YAML::anchor_t anchor) {
        const bool tagged = tag != "?" && tag != "!";
        if (anchor == 0 && !tagged) return;
        node(id).content = static_cast<std::uint32_t>(skipProperties(text_, node(id).begin));
        Properties its;
        its.node = id;
        if (tagged) its.tag = tag;
        if (anchor != 0) {
            its.anchor = anchorName_;
            if (anchors_.size() < anchor) anchors_.resize(anchor, noNode);
            anchors_[anchor - 1] = id;
        }
        propertyIndex_[id] = tree_.properties.size();
        tree_.properties.push_back(std::move(its));
    }

    // The parser gives a null that is not written the place of what comes next.
    void unwriteNull(std::uint32_t at) {
        if (writtenNull_ == noNode) return;
        const NodeId null = std::exchange(writtenNull_, noNode);
        if (node(null).begin == at) placeUnwritten(null);
    }

    void placeNull(NodeId id, bool anchored) {
        const std::size_t length = nullLength(text_, node(id).content);
        if (length > 0) {
            node(id).end = static_cast<std::uint32_t>(node(id).content + length);
            if (!anchored) writtenNull_ = id;
        } else if (anchored) {
            std::size_t end = node(id).begin;
            while (end < text_.size() && text_[end] != ' ' && text_[end] != '\r' &&
                   text_[end] != '\n') {
                ++end;
            }
            node(id).content = node(id).end = static_cast<std::uint32_t>(end);
        } else {
            placeUnwritten(id);
        }
    }

    void placeUnwritten(NodeId id) {
        std::size_t at = 0;
        const NodeId parent = node(id).parent;
        if (parent != noNode) {
            const auto& siblings = node(parent).children;
            const auto own = static_cast<std::size_t>(
                std::ranges::find(siblings.rbegin(), siblings.rend(), id).base() -
                siblings.begin() - 1);
            at = own > 0 ? node(siblings[own - 1]).end : node(parent).content;
            const std::size_t mark = skipBlank(text_, at);
            const bool item = node(parent).kind == Value::Kind::sequence;
            if (mark < text_.size() && text_[mark] == (item ? '-' : ':')) at = mark + 1;
        }
        node(id).begin = node(id).content = node(id).end = static_cast<std::uint32_t>(at);
    }

    void placeScalar(Node& scalar, const std::string& tag) {
        const char first = scalar.content < text_.size() ? text_[scalar.content] : '\0';
        std::size_t end = scalar.content;
        if (first == '"' || first == '\'') {
            scalar.quote = first;
            end = quotedEnd(text_, scalar.content);
            if (end == std::string_view::npos) {
                abort(scalar.content, std::string(openQuote), std::string(closeQuote));
            }
        } else if (first == '|' || first == '>') {
            scalar.quote = '|';
            end = blockEnd(text_, scalar.content, scalar.text);
        } else {
            scalar.quote = tag == "!" ? '|' : '\0';
            end = plainEnd(text_, scalar.content, scalar.text);
        }
        scalar.end = static_cast<std::uint32_t>(end);
        reached_ = end;
        const bool quotes = scalar.quote == '"' || scalar.quote == '\'';
        if (quotes && lineEnd(text_, scalar.content) < end) longQuote_ = scalar.content;
    }

    void push(NodeId id, YAML::EmitterStyle::value style) {
        if (stack_.size() >= maxDepth) {
            abort(node(id).begin, "nested deeper than 100 levels",
                  "give a manifest; no object of Kubernetes is that deep");
        }
        node(id).flow = style == YAML::EmitterStyle::Flow;
        stack_.push_back(id);
    }

    void pop(char closing) {
        const NodeId id = stack_.back();
        Node& self = node(id);
        if (!self.children.empty() && writtenNull_ == self.children.back()) writtenNull_ = noNode;
        std::size_t end = self.children.empty() ? self.content : node(self.children.back()).end;
        const char opening = closing == '}' ? '{' : '[';
        if (self.flow && self.content < text_.size() && text_[self.content] == opening) {
            if (self.children.empty()) ++end;
            end = skipBlank(text_, end);
            if (end < text_.size() && text_[end] == ',') end = skipBlank(text_, end + 1);
            if (end >= text_.size() || text_[end] != closing) {
                abort(self.content, "the bracket that opens here is never closed",
                      "add the closing bracket");
            }
            ++end;
        }
        self.end = static_cast<std::uint32_t>(end);
        stack_.pop_back();
        close(id);
    }

    [[nodiscard]] bool isKey(NodeId id) {
        const Node& parent = node(node(id).parent);
        return parent.kind == Value::Kind::map && parent.children.size() % 2 == 1 &&
               parent.children.back() == id;
    }

    // The parser takes a key without its colon.
    void close(NodeId id) {
        const NodeId parent = node(id).parent;
        if (parent == noNode || node(parent).flow || !isKey(id)) return;
        const std::size_t colon = skipBlank(text_, node(id).end);
        if (colon < text_.size() && text_[colon] == ':') return;
        if (node(id).kind == Value::Kind::null) return;
        abort(node(id).begin, "a key without ':'",
              text_.substr(node(id).begin, 2) == "{{" ? std::string(renderFirst)
                                                      : "add it, and the value");
    }

    void checkKeys(NodeId map) {
        const auto& children = node(map).children;
        std::unordered_set<std::string_view> seen;
        if (children.size() > 2) seen.reserve(children.size());
        for (std::size_t i = 0; i < children.size(); i += 2) {
            const Node& key = node(tree_.resolved(children[i]));
            if (key.kind != Value::Kind::scalar || seen.insert(key.text).second) continue;
            abort(node(children[i]).begin,
                  "the key " + quoted(key.text) + " occurs twice in one map",
                  key.text == "<<" ? "merge several maps by one key: <<: [*a, *b]"
                                   : "remove one of the two");
        }
    }

    std::string_view text_;
    const WithoutSurrogates& parsed_;
    Tree tree_;
    std::vector<NodeId> stack_;
    std::vector<NodeId> anchors_;  // by the parser's number less one
    std::unordered_map<NodeId, std::size_t> propertyIndex_;
    std::string anchorName_;
    NodeId writtenNull_ = noNode;
    std::size_t reached_ = 0;
    std::size_t longQuote_ = std::string_view::npos;
    int documents_ = 0;
};

bool beginsWithTab(std::string_view text, std::size_t line) {
    const std::size_t first = text.find_first_not_of(' ', line);
    return first != std::string_view::npos && text[first] == '\t' &&
           !isBlank(text, line, lineEnd(text, line));
}

// A template action that no quote, comment or block scalar holds: good enough for a text that is
// known to be wrong.
std::size_t templateAction(std::string_view text) {
    for (std::size_t at = text.find("{{"); at != std::string_view::npos;
         at = text.find("{{", at + 2)) {
        const auto before = text.substr(lineStart(text, at), at - lineStart(text, at));
        if (before.find('#') == std::string_view::npos) return at;
    }
    return std::string_view::npos;
}

Problem explain(std::string_view text, const YAML::Exception& failure, const Builder& builder) {
    const std::size_t at = builder.offset(failure.mark);
    const auto problem = [](std::size_t offset, std::string what, std::string_view next = {}) {
        return Problem{static_cast<std::uint32_t>(offset), std::move(what), std::string(next)};
    };
    const std::string message = failure.msg;
    if (message.starts_with("invalid unicode")) {
        return problem(at, "an escape that is not a character", "write the character itself");
    }
    const std::size_t action = templateAction(text);
    if (action != std::string_view::npos) return templateProblem(action);
    for (std::size_t line = 0; line <= at && line < text.size(); line = nextLine(text, line)) {
        if (beginsWithTab(text, line)) {
            return problem(line, "a tab in the indentation", "YAML indents with spaces");
        }
    }
    if (message.find("in scalar") != std::string::npos) {
        const std::size_t quote = text.find_first_of("\"'", builder.reached());
        if (quote != std::string_view::npos) {
            return problem(quote, std::string(openQuote), closeQuote);
        }
    }
    if (builder.longQuote() != std::string_view::npos) {
        const std::size_t quote = builder.longQuote();
        if (nextLine(text, quotedEnd(text, quote)) >= at) {
            return problem(quote,
                           "the quote that opens here is not closed in its line, and what "
                           "follows is not YAML",
                           closeQuote);
        }
    }
    return problem(at, "not YAML: " + message, "correct it there");
}

}  // namespace

Problem templateProblem(std::size_t offset) {
    return {static_cast<std::uint32_t>(offset), "a template, not a manifest",
            std::string(renderFirst)};
}

boost::system::result<Tree, Problem> parseDocument(std::string_view text) {
    WithoutSurrogates parsed(text);
    Builder builder(text, parsed);
    try {
        std::istringstream stream{parsed.takeCopy()};
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
        return builder.take();
    } catch (const Abort& aborted) {
        return aborted.problem;
    } catch (const YAML::Exception& failure) {
        return explain(text, failure, builder);
    } catch (const std::exception& failure) {
        return Problem{0, std::string("not YAML: ") + failure.what(),
                       "give the manifest as YAML or JSON"};
    }
}

std::vector<boost::system::result<Tree, Problem>> parseDocuments(
    std::span<const std::string_view> texts) {
    using Parsed = boost::system::result<Tree, Problem>;
    // Of fewer documents the start of a thread takes more than it brings.
    constexpr std::size_t fewest = 32;
    constexpr std::size_t mostThreads = 8;
    const std::size_t threads = std::clamp<std::size_t>(
        std::min<std::size_t>(std::thread::hardware_concurrency(), texts.size() / fewest), 1,
        mostThreads);
    std::vector<std::vector<Parsed>> parts(threads);
    const auto parsePart = [&](std::size_t part) {
        const std::size_t end = texts.size() * (part + 1) / threads;
        for (std::size_t i = texts.size() * part / threads; i < end; ++i)
            parts[part].push_back(parseDocument(texts[i]));
    };
    std::vector<std::future<void>> others;
    for (std::size_t part = 1; part < threads; ++part)
        others.push_back(std::async(std::launch::async, parsePart, part));
    parsePart(0);
    auto all = std::move(parts[0]);
    for (std::size_t part = 1; part < threads; ++part) {
        others[part - 1].get();
        std::ranges::move(parts[part], std::back_inserter(all));
    }
    return all;
}

}  // namespace memfit::yaml
