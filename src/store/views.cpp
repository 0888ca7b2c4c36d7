// SPDX-License-Identifier: Apache-2.0
// Forwarding what reads, refusing what writes.
#include "store/views.h"

namespace blobstore {

namespace {

error read_only() {
    error e(errc::permission, "the store was opened read-only");
    e->hint = "open it without the setting read_only";
    return e;
}

class read_only_backend final : public backend {
public:
    explicit read_only_backend(std::shared_ptr<backend> inner)
        : inner_(std::move(inner)) {}

    backend& itself() noexcept override { return inner_->itself(); }

    bool blocks() const noexcept override { return inner_->blocks(); }

    bool parallel_reads() const noexcept override { return inner_->parallel_reads(); }

    std::string uri(std::string_view key) const override { return inner_->uri(key); }

    result<void> check_key(std::string_view key) const override { return inner_->check_key(key); }

    part_limits limits() const override { return inner_->limits(); }

    task<result<object_body>>
    get(operation& op, const std::string& key, const get_options& options) override {
        return inner_->get(op, key, options);
    }

    task<result<object_meta>>
    head(operation& op, const std::string& key, const get_options& options) override {
        return inner_->head(op, key, options);
    }

    task<result<list_page>> list(operation& op, const list_options& options) override {
        return inner_->list(op, options);
    }

    task<result<std::string>>
    presign(operation& op, const std::string& key, const presign_options& options) override {
        if (options.method == "GET" || options.method == "HEAD")
            return inner_->presign(op, key, options);
        return refuse_text(op);
    }

    task<result<std::string>>
    presign_post(operation& op, const std::string&, const post_options&) override {
        return refuse_text(op);
    }

    task<result<std::vector<part_entry>>>
    upload_list_parts(operation& op, const open_upload& of) override {
        return inner_->upload_list_parts(op, of);
    }

    task<result<upload_page>>
    uploads(operation& op, const std::string& prefix, const std::string& token) override {
        return inner_->uploads(op, prefix, token);
    }

    int supports(capability what) const noexcept override { return inner_->supports(what); }

    task<result<object_meta>>
    tags_get(operation& op, const std::string& key, const std::string& version) override {
        return inner_->tags_get(op, key, version);
    }

    task<result<object_meta>>
    inspect(operation& op, const std::string& key, const get_options& options) override {
        return inner_->inspect(op, key, options);
    }

    task<result<object_meta>>
    lock_get(operation& op, const std::string& key, const std::string& version) override {
        return inner_->lock_get(op, key, version);
    }

    task<result<object_meta>> bucket_head(operation& op) override {
        return inner_->bucket_head(op);
    }

    task<result<list_page>> bucket_list(operation& op, const list_options& options) override {
        return inner_->bucket_list(op, options);
    }

    task<result<object_meta>>
    put(operation&, const std::string&, const source&, const put_options&) override {
        co_return read_only();
    }

    task<result<void>> remove(operation&, const std::string&) override { co_return read_only(); }

    task<result<std::vector<result<void>>>>
    remove_many(operation&, const std::vector<std::string>&) override {
        co_return read_only();
    }

    task<result<object_meta>>
    copy(operation&, backend&, const std::string&, const std::string&, const copy_options&)
        override {
        co_return read_only();
    }

    task<result<open_upload>>
    upload_create(operation&, const std::string&, const put_options&) override {
        co_return read_only();
    }

    task<result<std::string>>
    upload_part(operation& op, const open_upload&, std::uint32_t, const source&) override {
        return refuse_text(op);
    }

    task<result<std::string>>
    upload_part_copy(operation& op, const open_upload&, std::uint32_t, backend&, const std::string&, const get_options&)
        override {
        return refuse_text(op);
    }

    task<result<object_meta>>
    upload_complete(operation&, const open_upload&, const std::vector<finished_part>&, std::optional<std::uint64_t>)
        override {
        co_return read_only();
    }

    task<result<void>> upload_abort(operation&, const open_upload&) override {
        co_return read_only();
    }

    task<result<std::string>>
    upload_presign_part(operation& op, const open_upload&, std::uint32_t, const presign_options&)
        override {
        return refuse_text(op);
    }

    task<result<object_meta>>
    append(operation&, const std::string&, const source&, const put_options&) override {
        co_return read_only();
    }

    task<result<object_meta>>
    remove_if(operation&, const std::string&, const remove_options&) override {
        co_return read_only();
    }

    task<result<object_meta>>
    rename(operation&, const std::string&, const std::string&, const write_condition&) override {
        co_return read_only();
    }

    task<result<void>> probe(operation&, const std::string&) override { co_return read_only(); }

    task<result<object_meta>>
    tags_set(operation&, const std::string&, const std::string&, const name_values&) override {
        co_return read_only();
    }

    task<result<object_meta>> undelete(operation&, const std::string&) override {
        co_return read_only();
    }

    task<result<void>> lock_set(operation&, const std::string&, const lock_options&) override {
        co_return read_only();
    }

    task<result<void>> restore(operation&, const std::string&, const restore_options&) override {
        co_return read_only();
    }

    task<result<void>> bucket_create(operation&, const bucket_options&) override {
        co_return read_only();
    }

    task<result<void>> bucket_remove(operation&) override { co_return read_only(); }

    task<result<void>> bucket_versions(operation&, bool) override { co_return read_only(); }

private:
    static task<result<std::string>> refuse_text(operation&) { co_return read_only(); }

    const std::shared_ptr<backend> inner_;
};

} // namespace

std::shared_ptr<backend> read_only_view(std::shared_ptr<backend> inner) {
    return std::make_shared<read_only_backend>(std::move(inner));
}

} // namespace blobstore
