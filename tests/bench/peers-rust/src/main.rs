// SPDX-License-Identifier: Apache-2.0
//! The Rust object_store crate at the works of the benchmark, on tokio's current-thread runtime.
//! usage: bench-object-store WORK port=N [size=N] [count=N] [flight=N]; one line of JSON.
use futures::{StreamExt, TryStreamExt, stream};
use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum};
use object_store::{
    ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart, path::Path, signer::Signer,
};
use std::fs::File;
use std::io::{Read, Write};
use std::time::Duration;

struct Arguments(Vec<String>);

impl Arguments {
    fn text(&self, key: &str) -> String {
        let start = format!("{key}=");
        let found = self.0.iter().find_map(|word| word.strip_prefix(&start));
        found.unwrap_or_default().to_string()
    }

    fn number(&self, key: &str, otherwise: usize) -> usize {
        let start = format!("{key}=");
        let found = self.0.iter().find_map(|word| word.strip_prefix(&start));
        found.map_or(otherwise, |value| value.parse().expect(key))
    }
}

fn clock(id: libc::clockid_t) -> f64 {
    let mut at = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    unsafe { libc::clock_gettime(id, &mut at) };
    at.tv_sec as f64 + at.tv_nsec as f64 * 1e-9
}

#[derive(Clone, Copy)]
struct Moment {
    wall: f64,
    cpu: f64,
}

fn now() -> Moment {
    Moment {
        wall: clock(libc::CLOCK_MONOTONIC),
        cpu: clock(libc::CLOCK_PROCESS_CPUTIME_ID),
    }
}

fn status_kib(name: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("status");
    let line = text
        .lines()
        .find(|line| line.starts_with(name))
        .expect("line");
    line.split_whitespace()
        .nth(1)
        .expect("value")
        .parse()
        .expect("number")
}

fn report_gib(from: Moment, idle: f64, bytes: usize) {
    let to = now();
    let moved = bytes as f64 / (1u64 << 30) as f64;
    println!(
        "{{\"cpu_s_gib\": {}, \"wall_s_gib\": {}, \"rss_over_idle_kib\": {}}}",
        (to.cpu - from.cpu) / moved,
        (to.wall - from.wall) / moved,
        status_kib("VmHWM") - idle
    );
}

fn report_operations(from: Moment, n: usize) {
    let to = now();
    println!(
        "{{\"cpu_us\": {}, \"wall_us\": {}, \"per_s\": {}}}",
        (to.cpu - from.cpu) / n as f64 * 1e6,
        (to.wall - from.wall) / n as f64 * 1e6,
        n as f64 / (to.wall - from.wall)
    );
}

/// Streams and drops: what a reader costs.
async fn get(store: &AmazonS3, key: &Path, size: usize) {
    let mut chunks = store.get(key).await.expect("get").into_stream();
    let mut got = 0;
    while let Some(chunk) = chunks.try_next().await.expect("chunk") {
        got += chunk.len();
    }
    assert_eq!(got, size);
}

/// The same into one buffer of ours, for who wants the object in memory.
async fn get_into(store: &AmazonS3, key: &Path, memory: &mut [u8]) {
    let mut chunks = store.get(key).await.expect("get").into_stream();
    let mut got = 0;
    while let Some(chunk) = chunks.try_next().await.expect("chunk") {
        memory[got..got + chunk.len()].copy_from_slice(&chunk);
        got += chunk.len();
    }
    assert_eq!(got, memory.len());
}

/// Parts of 8 MiB, 8 at a time.
async fn upload(store: &AmazonS3, path: &str) {
    let mut file = File::open(path).expect("file");
    let parts = store.put_multipart(&Path::from("k")).await.expect("create");
    let mut to = WriteMultipart::new_with_chunk_size(parts, 8 << 20);
    let mut chunk = vec![0u8; 1 << 20];
    loop {
        to.wait_for_capacity(8).await.expect("part");
        let n = file.read(&mut chunk).expect("read");
        if n == 0 {
            break;
        }
        to.write(&chunk[..n]);
    }
    to.finish().await.expect("complete");
}

async fn download(store: &AmazonS3, key: &Path, path: &str) {
    let mut file = File::create(path).expect("file");
    let mut chunks = store.get(key).await.expect("get").into_stream();
    while let Some(chunk) = chunks.try_next().await.expect("chunk") {
        file.write_all(&chunk).expect("write");
    }
}

async fn ranges(store: &AmazonS3, key: &Path, size: usize, n: usize, apart: bool) {
    let at = |i: usize| {
        let begin = (i * (size / n)) as u64;
        begin..begin + 4096
    };
    if apart {
        let all = stream::iter(0..n)
            .map(|i| store.get_range(key, at(i)))
            .buffered(10);
        let got: usize = all
            .try_fold(0, |sum, b| async move { Ok(sum + b.len()) })
            .await
            .expect("range");
        assert_eq!(got, n * 4096);
    } else {
        let wanted: Vec<_> = (0..n).map(at).collect();
        let got = store.get_ranges(key, &wanted).await.expect("ranges");
        assert_eq!(got.iter().map(|b| b.len()).sum::<usize>(), n * 4096);
    }
}

async fn run(work: &str, args: &Arguments) {
    let unsigned = args.number("unsigned", 0) == 1;
    let store = AmazonS3Builder::new()
        .with_endpoint(format!("http://127.0.0.1:{}", args.number("port", 0)))
        .with_allow_http(true)
        .with_bucket_name("b")
        .with_region("us-east-1")
        .with_access_key_id("AKIAIOSFODNN7EXAMPLE")
        .with_secret_access_key("wJalrXUtnFEMI")
        .with_unsigned_payload(unsigned);
    let store = match args.number("crc", 0) {
        1 => store.with_checksum_algorithm(Checksum::CRC64NVME),
        _ => store,
    };
    let store = store.build().expect("store");
    let (size, n) = (args.number("size", 64 << 20), args.number("count", 8));
    let flight = args.number("flight", 32);
    let key = Path::from(format!("{size}/x"));
    let body = PutPayload::from(vec![b'x'; if work.starts_with("put") { size } else { 0 }]);
    let many = |count: usize| {
        let (store, key) = (&store, &key);
        stream::iter(0..count).for_each_concurrent(flight, move |_| get(store, key, size))
    };
    let many_puts = |count: usize| {
        let (store, key, body) = (&store, &key, &body);
        stream::iter(0..count).for_each_concurrent(flight, move |_| async move {
            store.put(key, body.clone()).await.expect("put");
        })
    };
    match work {
        "get" => {
            let mut memory = vec![1u8; size];
            get_into(&store, &key, &mut memory).await;
            let (idle, from) = (status_kib("VmHWM"), now());
            for _ in 0..n {
                get_into(&store, &key, &mut memory).await;
            }
            report_gib(from, idle, n * size);
        }
        "stream" => {
            get(&store, &key, size).await;
            let (idle, from) = (status_kib("VmRSS"), now());
            for _ in 0..n {
                get(&store, &key, size).await;
            }
            report_gib(from, idle, n * size);
        }
        "put" | "put-hashed" => {
            store.put(&key, body.clone()).await.expect("put");
            let (idle, from) = (status_kib("VmRSS"), now());
            for _ in 0..n {
                store.put(&key, body.clone()).await.expect("put");
            }
            report_gib(from, idle, n * size);
        }
        "get-blocking" => {
            get(&store, &key, size).await;
            let from = now();
            for _ in 0..n {
                get(&store, &key, size).await;
            }
            report_operations(from, n);
        }
        "get-flight" => {
            many(n / 10 + 1).await;
            let from = now();
            many(n).await;
            report_operations(from, n);
        }
        "put-flight" => {
            many_puts(n / 10 + 1).await;
            let from = now();
            many_puts(n).await;
            report_operations(from, n);
        }
        "list" => {
            let from = now();
            let keys = store
                .list(None)
                .try_fold(0, |sum, _| async move { Ok(sum + 1) });
            let keys = keys.await.expect("list");
            assert_eq!(keys, 100_000);
            report_operations(from, keys);
        }
        "upload" => {
            upload(&store, &args.text("file")).await;
            let (idle, from) = (status_kib("VmRSS"), now());
            for _ in 0..n {
                upload(&store, &args.text("file")).await;
            }
            report_gib(from, idle, n * size);
        }
        "download" => {
            let path = args.text("file") + ".object_store";
            download(&store, &key, &path).await;
            let (idle, from) = (status_kib("VmRSS"), now());
            for _ in 0..n {
                download(&store, &key, &path).await;
            }
            report_gib(from, idle, n * size);
            std::fs::remove_file(path).expect("remove");
        }
        "ranges" => {
            let apart = args.number("apart", 0) == 1;
            ranges(&store, &key, size, n, apart).await;
            let from = now();
            ranges(&store, &key, size, n, apart).await;
            report_operations(from, n);
        }
        "list-flat" => {
            let (prefix, from) = (Path::from("flat"), now());
            let keys = store
                .list(Some(&prefix))
                .try_fold(0, |sum, _| async move { Ok(sum + 1) });
            let keys = keys.await.expect("list");
            assert_eq!(keys, 1_000_000);
            report_operations(from, keys);
        }
        "presign" => {
            let from = now();
            for _ in 0..n {
                let life = Duration::from_secs(900);
                store
                    .signed_url("GET".parse().expect("method"), &key, life)
                    .await
                    .expect("url");
            }
            report_operations(from, n);
        }
        other => panic!("no such work: {other}"),
    }
}

fn main() {
    let args = Arguments(std::env::args().skip(1).collect());
    let work = args.0.first().expect("WORK").clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("runtime").block_on(run(&work, &args));
}
