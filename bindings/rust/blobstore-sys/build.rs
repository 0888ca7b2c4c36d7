//! Finds libblobstore: BLOBSTORE_LIB_DIR, else pkg-config, else the linker's own folders.
//! SPDX-License-Identifier: Apache-2.0
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=BLOBSTORE_LIB_DIR");
    println!("cargo:rerun-if-env-changed=PKG_CONFIG_PATH");
    if let Ok(dir) = std::env::var("BLOBSTORE_LIB_DIR") {
        println!("cargo:rustc-link-search=native={}", dir);
        return;
    }
    let found = Command::new("pkg-config").args(["--libs-only-L", "blobstore"]).output();
    if let Ok(output) = found {
        for flag in String::from_utf8_lossy(&output.stdout).split_whitespace() {
            println!("cargo:rustc-link-search=native={}", flag.trim_start_matches("-L"));
        }
    }
}
