//! A tour of libblobstore in Rust. usage: blobstore-example STORE_URL. SPDX-License-Identifier: Apache-2.0
use blobstore_sys::*;
use std::ffi::CStr;
use std::os::raw::c_char;
use std::ptr::{null, null_mut};
use std::sync::mpsc::{channel, Receiver};
use std::thread::{sleep, spawn, JoinHandle};
use std::time::{Duration, Instant};

const HELLO: &[u8] = b"hello, blobstore\n";
const HELLO_KEY: &str = "demo/hello.txt";

struct BlobError {
    status: blobstore_status,
    message: String,
}
type Result<T> = std::result::Result<T, BlobError>;

fn text(s: *const c_char) -> String {
    unsafe { CStr::from_ptr(s) }.to_string_lossy().into_owned()
}

fn status_name(status: blobstore_status) -> String {
    text(unsafe { blobstore_status_name(status) })
}

/// Calls f(&mut error) and turns what it answers into a Result.
fn check(f: impl FnOnce(*mut *mut blobstore_error) -> blobstore_status) -> Result<()> {
    let mut error = null_mut();
    let status = f(&mut error);
    if status == BLOBSTORE_OK {
        return Ok(());
    }
    let message = text(unsafe { blobstore_error_message(error) });
    unsafe { blobstore_error_free(error) };
    Err(BlobError { status, message })
}

/// The same for calls that make something.
fn made<T>(f: impl FnOnce(*mut *mut T, *mut *mut blobstore_error) -> blobstore_status) -> Result<*mut T> {
    let mut out = null_mut();
    check(|error| f(&mut out, error))?;
    Ok(out)
}

fn string(s: &str) -> blobstore_str {
    blobstore_str { ptr: s.as_ptr().cast(), len: s.len() }
}

/// The bytes of a buffer, which is freed.
fn taken(buffer: *mut blobstore_buffer) -> Vec<u8> {
    unsafe {
        let mut len = 0;
        let data = blobstore_buffer_data(buffer, &mut len).cast::<u8>();
        let copy = if data.is_null() { Vec::new() } else { std::slice::from_raw_parts(data, len).to_vec() };
        blobstore_buffer_free(buffer);
        copy
    }
}

struct Client(*mut blobstore_client);
struct Store(*mut blobstore_store);
impl Drop for Client {
    fn drop(&mut self) {
        unsafe { blobstore_client_free(self.0) }
    }
}
impl Drop for Store {
    fn drop(&mut self) {
        unsafe { blobstore_store_free(self.0) }
    }
}

impl Client {
    fn open(&self, url: &str) -> Result<Store> {
        made(|out, e| unsafe { blobstore_store_open(self.0, url.as_ptr().cast(), url.len(), null(), out, e) })
            .map(Store)
    }
}

impl Store {
    fn put(&self, key: &str, data: &[u8]) -> Result<()> {
        let origin = blobstore_kv { key: string("origin"), value: string("example") };
        let options = blobstore_put_options {
            content_type: string("text/plain"),
            metadata: &origin,
            metadata_len: 1,
            ..Default::default()
        };
        let (k, d) = (key.as_ptr().cast(), data.as_ptr().cast());
        check(|e| unsafe { blobstore_put(self.0, k, key.len(), d, data.len(), &options, null(), null_mut(), e) })
    }

    fn head(&self, key: &str) -> Result<String> {
        let k = key.as_ptr().cast();
        let info = made(|out, e| unsafe { blobstore_head(self.0, k, key.len(), null(), null(), out, e) })?;
        let mut view = blobstore_object_view::default();
        let mut line = String::new();
        unsafe {
            blobstore_object_get(info, &mut view);
            line += &format!("{} bytes, {}", view.size, text(view.content_type.ptr));
            for i in 0..view.metadata_len {
                let pair = *view.metadata.add(i);
                line += &format!(", {}={}", text(pair.key.ptr), text(pair.value.ptr));
            }
            blobstore_object_free(info);
        }
        Ok(line)
    }

    fn get(&self, key: &str, options: &blobstore_get_options) -> Result<String> {
        let k = key.as_ptr().cast();
        let body = made(|out, e| unsafe {
            blobstore_get(self.0, k, key.len(), options, null(), out, null_mut(), e)
        })?;
        Ok(String::from_utf8_lossy(&taken(body)).into_owned())
    }

    fn list(&self) -> Result<String> {
        let options =
            blobstore_list_options { prefix: string("demo/"), delimiter: string("/"), ..Default::default() };
        let page = made(|out, e| unsafe { blobstore_list(self.0, &options, null(), out, e) })?;
        let mut views = vec![blobstore_object_view::default(); unsafe { blobstore_page_len(page) }];
        let stride = std::mem::size_of::<blobstore_object_view>();
        unsafe { blobstore_page_get(page, 0, views.as_mut_ptr(), stride, views.len()) };
        let keys: Vec<String> = views.iter().map(|view| text(view.key.ptr)).collect();
        unsafe { blobstore_page_free(page) };
        Ok(if keys.is_empty() { "empty".into() } else { keys.join(" ") })
    }

    fn presign(&self, url: &str, key: &str) -> Result<String> {
        let options = blobstore_presign_options {
            flags: BLOBSTORE_PRESIGN_SIGNING_TIME,
            expires_ms: 900 * 1000,
            signing_time_ns: 1_767_323_045 * 1_000_000_000, // 2026-01-02T03:04:05Z
            ..Default::default()
        };
        let k = key.as_ptr().cast();
        match made(|out, e| unsafe { blobstore_presign(self.0, k, key.len(), &options, null(), out, e) }) {
            Err(e) if e.status == BLOBSTORE_E_UNSUPPORTED => Ok("unsupported".into()),
            Err(e) => Err(e),
            Ok(link) => {
                let link = String::from_utf8_lossy(&taken(link)).into_owned();
                let root = url.split('?').next().unwrap_or("").trim_end_matches('/'); // differs from run to run
                Ok(if root.starts_with("file://") { link.replacen(root, "file://<root>", 1) } else { link })
            }
        }
    }

    fn get_async(&self, key: &str, queue: &Queue, number: u64) -> Result<*mut blobstore_op> {
        let k = key.as_ptr().cast();
        let options = blobstore_async { queue: queue.handle, user_data: number, ..Default::default() };
        made(|out, e| unsafe { blobstore_get_async(self.0, k, key.len(), null(), null(), &options, out, e) })
    }

    fn delete_all(&self) -> Result<()> {
        let keys = [string(HELLO_KEY), string("demo/second.txt")];
        let mut results = [0; 2];
        check(|e| unsafe { blobstore_delete_many(self.0, keys.as_ptr(), 2, null(), results.as_mut_ptr(), e) })?;
        let third = "demo/sub/third.txt";
        check(|e| unsafe { blobstore_delete(self.0, third.as_ptr().cast(), third.len(), null(), e) })
    }
}

struct Completion {
    number: u64,
    status: blobstore_status,
    body: Vec<u8>,
}

/// One thread drains the queue into a channel.
struct Queue {
    handle: *mut blobstore_queue,
    ended: Receiver<Completion>,
    thread: Option<JoinHandle<()>>,
}

impl Queue {
    fn new() -> Result<Queue> {
        let handle = made(|out, e| unsafe { blobstore_queue_new(0, out, e) })?;
        let (sender, ended) = channel();
        let address = handle as usize;
        let drain = move || unsafe {
            let (mut events, mut n) = ([blobstore_event::default(); 64], 0);
            while blobstore_queue_poll(address as *mut _, events.as_mut_ptr(), 64, -1, &mut n) == BLOBSTORE_OK {
                for event in &events[..n] {
                    let body = taken(blobstore_op_take_buffer(event.op));
                    let _ = sender.send(Completion { number: event.user_data, status: event.status, body });
                }
                blobstore_events_release(events.as_ptr(), n);
            }
        };
        Ok(Queue { handle, ended, thread: Some(spawn(drain)) })
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        unsafe { blobstore_queue_shutdown(self.handle) };
        let _ = self.thread.take().map(JoinHandle::join);
        unsafe { blobstore_queue_free(self.handle) };
    }
}

/// 100 gets at once.
fn gets(store: &Store) -> Result<usize> {
    let queue = Queue::new()?;
    for number in 0..100 {
        let op = store.get_async(HELLO_KEY, &queue, number)?;
        unsafe { blobstore_op_free(op) };
    }
    let mut right = [false; 100];
    for end in queue.ended.iter().take(100) {
        right[end.number as usize] = end.status == BLOBSTORE_OK && end.body == HELLO;
    }
    Ok(right.iter().filter(|r| **r).count())
}

/// A get that no server answers ends as soon as it is cancelled.
fn cancel(client: &Client) -> Result<String> {
    let url = match std::env::var("BLOBSTORE_STALL_URL") {
        Ok(url) if !url.is_empty() => url,
        _ => return Ok("unsupported".into()),
    };
    let (store, queue) = (client.open(&url)?, Queue::new()?);
    let op = store.get_async("stall", &queue, 0)?;
    sleep(Duration::from_millis(200)); // by now it waits for the answer
    let start = Instant::now();
    unsafe { blobstore_op_cancel(op) };
    let end = queue.ended.recv_timeout(Duration::from_secs(5));
    let prompt = matches!(end, Ok(end) if end.status == BLOBSTORE_E_CANCELLED)
        && start.elapsed() <= Duration::from_millis(100);
    unsafe { blobstore_op_free(op) };
    Ok(format!("cancelled within 100 ms: {}", if prompt { "yes" } else { "no" }))
}

fn tour(url: &str) -> Result<()> {
    let client = Client(made(|out, e| unsafe { blobstore_client_new(null(), null(), out, e) })?);
    let store = client.open(url)?;
    println!("open: ok");
    store.put(HELLO_KEY, HELLO)?;
    store.put("demo/second.txt", b"second")?;
    store.put("demo/sub/third.txt", b"third")?;
    println!("put: 3 keys");
    println!("head: {}", store.head(HELLO_KEY)?);
    print!("get: {}", store.get(HELLO_KEY, &Default::default())?);
    let flags = BLOBSTORE_GET_OFFSET | BLOBSTORE_GET_LENGTH;
    let range = blobstore_get_options { flags, offset: 7, length: 10, ..Default::default() };
    print!("range: {}", store.get(HELLO_KEY, &range)?);
    println!("list: {}", store.list()?);
    println!("presign: {}", store.presign(url, HELLO_KEY)?);
    println!("gets: {} of 100", gets(&store)?);
    if let Err(e) = store.get("demo/missing.txt", &Default::default()) {
        println!("missing: {}", status_name(e.status));
    }
    println!("cancel: {}", cancel(&client)?);
    store.delete_all()?;
    println!("delete: 3 keys");
    println!("list: {}", store.list()?);
    Ok(())
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.len() != 2 {
        eprintln!("usage: {} STORE_URL", arguments[0]);
        std::process::exit(2);
    }
    if let Err(e) = tour(&arguments[1]) {
        eprintln!("{}: {}", status_name(e.status), e.message);
        std::process::exit(1);
    }
}
