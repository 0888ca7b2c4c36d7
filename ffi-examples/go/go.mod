// A tour of libblobstore in Go: go run . STORE_URL. SPDX-License-Identifier: Apache-2.0
module blobstore-example

go 1.25

require blobstore v0.0.0

replace blobstore => ../../bindings/go
