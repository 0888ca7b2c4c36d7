// The Go module of libblobstore. SPDX-License-Identifier: Apache-2.0
module blobstore

go 1.25
