// SPDX-License-Identifier: Apache-2.0
// The globs of --include and --exclude, as rclone reads them. Pure.
#include "cli/filter.h"

#include "cli/exit_codes.h"

namespace blobstore::cli {

namespace {

constexpr std::size_t most_alternatives = 1000;

std::size_t index_of(char c) noexcept {
    return static_cast<unsigned char>(c);
}

/// Where the character or class at `at` ends.
std::size_t skip_one(std::string_view pattern, std::size_t at) {
    if (pattern[at] == '\\') {
        return at + 2;
    }
    if (pattern[at] != '[') {
        return at + 1;
    }
    std::size_t end = at + 1;
    if (end < pattern.size() && (pattern[end] == '^' || pattern[end] == '!')) {
        ++end;
    }
    if (end < pattern.size() && pattern[end] == ']') {
        ++end;
    }
    while (end < pattern.size() && pattern[end] != ']') {
        end += pattern[end] == '\\' ? 2 : 1;
    }
    return end + 1;
}

/// The patterns that `{a,b}` stands for.
void expand(std::string_view pattern, std::string_view whole, std::vector<std::string>& result) {
    std::size_t open = 0;
    while (open < pattern.size() && pattern[open] != '{') {
        open = skip_one(pattern, open);
    }
    if (open >= pattern.size()) {
        if (result.size() >= most_alternatives) {
            throw usage_error("pattern " + std::string(whole) + ": too many alternatives");
        }
        result.emplace_back(pattern);
        return;
    }
    std::vector<std::size_t> marks{open};
    int depth = 1;
    std::size_t at = open + 1;
    while (at < pattern.size() && depth > 0) {
        const char c = pattern[at];
        depth += c == '{' ? 1 : 0;
        depth -= c == '}' ? 1 : 0;
        if ((c == ',' && depth == 1) || depth == 0) {
            marks.push_back(at);
        }
        at = skip_one(pattern, at);
    }
    if (depth > 0) {
        throw usage_error("pattern " + std::string(whole) + ": '{' without '}'");
    }
    const std::string head(pattern.substr(0, open));
    const std::string_view tail = pattern.substr(marks.back() + 1);
    for (std::size_t i = 0; i + 1 < marks.size(); ++i) {
        const std::string_view choice = pattern.substr(marks[i] + 1, marks[i + 1] - marks[i] - 1);
        expand(head + std::string(choice) + std::string(tail), whole, result);
    }
}

} // namespace

glob::glob(std::string_view pattern) {
    anchored_ = pattern.starts_with('/');
    std::string text(anchored_ ? pattern.substr(1) : pattern);
    if (text.empty() || text.ends_with('/')) {
        text += "**";
    }
    for (std::size_t i = 0; i < text.size();) {
        token next;
        const char c = text[i];
        if (c == '*' && i + 1 < text.size() && text[i + 1] == '*') {
            next.what = kind::any;
            tokens_.push_back(next);
            while (i < text.size() && text[i] == '*') {
                ++i;
            }
        } else if (c == '*') {
            next.what = kind::star;
            tokens_.push_back(next);
            ++i;
        } else if (c == '?') {
            next.what = kind::one;
            tokens_.push_back(next);
            next.what = kind::continuation;
            tokens_.push_back(next);
            ++i;
        } else if (c == '[') {
            i = read_set(text, i);
        } else {
            i += c == '\\' ? 1 : 0;
            if (i >= text.size()) {
                throw usage_error("pattern " + std::string(pattern) + ": '\\' at the end");
            }
            next.bytes.set(index_of(text[i]));
            tokens_.push_back(next);
            ++i;
        }
    }
}

std::size_t glob::read_set(std::string_view pattern, std::size_t at) {
    const std::size_t end = skip_one(pattern, at);
    if (end > pattern.size()) {
        throw usage_error("pattern " + std::string(pattern) + ": '[' without ']'");
    }
    token next;
    next.what = kind::set;
    std::size_t i = at + 1;
    const bool negated = pattern[i] == '^' || pattern[i] == '!';
    i += negated ? 1 : 0;
    while (i < end - 1) {
        i += pattern[i] == '\\' && i + 1 < end - 1 ? 1 : 0;
        const std::size_t from = index_of(pattern[i]);
        std::size_t to = from;
        if (i + 2 < end - 1 && pattern[i + 1] == '-') {
            i += pattern[i + 2] == '\\' && i + 3 < end - 1 ? 3 : 2;
            to = index_of(pattern[i]);
        }
        for (std::size_t byte = from; byte <= to; ++byte) {
            next.bytes.set(byte);
        }
        ++i;
    }
    if (negated) {
        next.bytes.flip();
    }
    next.bytes.reset(index_of('/'));
    tokens_.push_back(next);
    return end;
}

bool glob::matches_from(std::string_view path) const {
    const std::size_t last = tokens_.size();
    std::vector<bool> at(last + 1, false);
    const auto close = [&](std::vector<bool>& states) { // what can be passed without a byte
        for (std::size_t i = 0; i < last; ++i) {
            const kind what = tokens_[i].what;
            if (states[i] &&
                (what == kind::star || what == kind::any || what == kind::continuation)) {
                states[i + 1] = true;
            }
        }
    };
    at[0] = true;
    close(at);
    for (const char c : path) {
        std::vector<bool> next(last + 1, false);
        const bool continues = (index_of(c) & 0xC0U) == 0x80U;
        for (std::size_t i = 0; i < last; ++i) {
            if (!at[i]) {
                continue;
            }
            switch (tokens_[i].what) {
            case kind::any:
                next[i] = true;
                break;
            case kind::star:
                next[i] = next[i] || c != '/';
                break;
            case kind::continuation:
                next[i] = next[i] || continues;
                break;
            case kind::one:
                next[i + 1] = next[i + 1] || c != '/';
                break;
            case kind::byte:
            case kind::set:
                next[i + 1] = next[i + 1] || tokens_[i].bytes[index_of(c)];
                break;
            }
        }
        close(next);
        at.swap(next);
    }
    return at[last];
}

bool glob::matches(std::string_view path) const {
    if (matches_from(path)) {
        return true;
    }
    for (std::size_t slash = path.find('/'); !anchored_ && slash != std::string_view::npos;
         slash = path.find('/', slash + 1)) {
        if (matches_from(path.substr(slash + 1))) {
            return true;
        }
    }
    return false;
}

filter::filter(const std::vector<filter_rule>& rules) {
    for (const filter_rule& rule : rules) {
        std::vector<std::string> patterns;
        expand(rule.pattern, rule.pattern, patterns);
        compiled next;
        next.include = rule.include;
        for (const std::string& pattern : patterns) {
            next.globs.emplace_back(pattern);
        }
        rules_.push_back(std::move(next));
        has_include_ = has_include_ || rule.include;
    }
}

bool filter::takes(std::string_view path) const {
    for (const compiled& rule : rules_) {
        for (const glob& one : rule.globs) {
            if (one.matches(path)) {
                return rule.include;
            }
        }
    }
    return !has_include_;
}

} // namespace blobstore::cli
