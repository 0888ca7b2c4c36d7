// SPDX-License-Identifier: Apache-2.0
// A reader that fetches what follows before it is asked for, in parts side by side, and hands it
// out in order.
#pragma once

#include "async/budget.h"
#include "async/group.h"
#include "store/download.h"

namespace blobstore {

/// How much is held or on its way at most, in requests of how much, how many at a time.
struct ahead_plan {
    std::uint64_t bytes = 0, part = 0;
    std::size_t width = 1;
};

/// PURE
ahead_plan plan_ahead(const get_options& asked) noexcept;

/// Whether the caller asked for it and the body is one that can be read so: more than one part, of
/// a known length, with an ETag to pin the parts to.
bool pays_ahead(const backend& from, const get_options& asked, const object_body& body);

/// The body that is open gives the first part; what follows comes by requests of their own, which
/// begin with the first read. They run on without one, as far as plan and memory allow: of that
/// they leave half to those who wait for it. Without memory it goes on with one body.
class ahead_reader final : public reader {
public:
    /// `attempts` were spent to open it.
    ahead_reader(
        std::shared_ptr<backend> from,
        std::string key,
        const get_options& asked,
        object_body opened,
        unsigned attempts,
        std::shared_ptr<budget> memory
    );
    ~ahead_reader() override; ///< what is on its way is cancelled

    task<result<std::size_t>>
    read(operation& op, std::span<char> into, std::size_t enough) override;

    /// What is held is dropped unless it has the position.
    bool seek(std::uint64_t position) noexcept override;

private:
    struct part;
    struct window;
    struct turn;

    static task<result<void>> fetch_part(operation& member, window& in, part& what);
    static task<result<void>> fetch(operation& member, std::shared_ptr<turn> mine);
    void widen();
    task<result<void>> begin(operation& op);
    task<result<std::size_t>> take(operation& op, std::span<char> into);
    task<result<std::size_t>> step(operation& op, std::span<char> into);
    bool holds(std::uint64_t position) const noexcept;
    void leave(std::uint64_t before) noexcept;
    void drop() noexcept;

    const std::shared_ptr<backend> from_;
    const std::string key_;
    const get_options asked_;
    const ahead_plan plan_;
    const std::shared_ptr<budget> memory_;
    object_body body_; ///< `bytes`: of the part before those of the window, or of all without
    read_progress at_;
    std::shared_ptr<window> window_; ///< what the fetches share; null: none was begun
    std::unique_ptr<group> fetches_;
};

} // namespace blobstore
