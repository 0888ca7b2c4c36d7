// A tour of libblobstore in Go. usage: blobstore-example STORE_URL. SPDX-License-Identifier: Apache-2.0
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"blobstore/raw"
)

const (
	hello    = "hello, blobstore\n"
	helloKey = "demo/hello.txt"
)

// Error is what a call of the library answered.
type Error struct {
	Status  raw.Status
	Message string
}

func (e *Error) Error() string { return name(e.Status) + ": " + e.Message }

func text(s *byte) string {
	if s == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(s), n)) != 0 {
		n++
	}
	return strings.Clone(unsafe.String(s, n))
}

func name(status raw.Status) string { return text(raw.StatusName(status)) }

// check turns a status and its error, which is freed, into a Go error.
func check(status raw.Status, err *raw.Error) error {
	if status == raw.OK {
		return nil
	}
	defer raw.ErrorFree(err)
	return &Error{status, text(raw.ErrorMessage(err))}
}

func in(s string) (*byte, uintptr) { return unsafe.StringData(s), uintptr(len(s)) }

// str is for structures that C reads: the pinner holds the bytes in place.
func str(pinner *runtime.Pinner, s string) raw.Str {
	pinner.Pin(unsafe.StringData(s))
	return raw.Str{Ptr: unsafe.StringData(s), Len: uintptr(len(s))}
}

// taken returns the bytes of a buffer, which is freed.
func taken(buffer *raw.Buffer) string {
	defer raw.BufferFree(buffer)
	var n uintptr
	return strings.Clone(unsafe.String((*byte)(raw.BufferData(buffer, &n)), n))
}

func open(client *raw.Client, url string) (store *raw.Store, err error) {
	var e *raw.Error
	p, n := in(url)
	err = check(raw.StoreOpen(client, p, n, nil, &store, &e), e)
	return
}

func put(store *raw.Store, key, body string) error {
	var pinner runtime.Pinner
	defer pinner.Unpin()
	origin := &raw.Kv{Key: str(&pinner, "origin"), Value: str(&pinner, "example")}
	pinner.Pin(origin)
	options := raw.NewPutOptions()
	options.ContentType = str(&pinner, "text/plain")
	options.Metadata, options.MetadataLen = origin, 1
	var e *raw.Error
	k, n := in(key)
	data := unsafe.Pointer(unsafe.StringData(body))
	return check(raw.Put(store, k, n, data, uintptr(len(body)), &options, nil, nil, &e), e)
}

func head(store *raw.Store, key string) (string, error) {
	var info *raw.Object
	var e *raw.Error
	k, n := in(key)
	if err := check(raw.Head(store, k, n, nil, nil, &info, &e), e); err != nil {
		return "", err
	}
	defer raw.ObjectFree(info)
	view := raw.NewObjectView()
	raw.ObjectGet(info, &view)
	line := fmt.Sprintf("%d bytes, %s", view.Size, text(view.ContentType.Ptr))
	for _, pair := range unsafe.Slice(view.Metadata, view.MetadataLen) {
		line += ", " + text(pair.Key.Ptr) + "=" + text(pair.Value.Ptr)
	}
	return line, nil
}

func get(store *raw.Store, key string, options *raw.GetOptions) (string, error) {
	var body *raw.Buffer
	var e *raw.Error
	k, n := in(key)
	if err := check(raw.Get(store, k, n, options, nil, &body, nil, &e), e); err != nil {
		return "", err
	}
	return taken(body), nil
}

func list(store *raw.Store) (string, error) {
	var pinner runtime.Pinner
	defer pinner.Unpin()
	options := raw.NewListOptions()
	options.Prefix, options.Delimiter = str(&pinner, "demo/"), str(&pinner, "/")
	var page *raw.Page
	var e *raw.Error
	if err := check(raw.List(store, &options, nil, &page, &e), e); err != nil {
		return "", err
	}
	defer raw.PageFree(page)
	keys := []string{}
	for i := uintptr(0); i < raw.PageLen(page); i++ {
		view := raw.NewObjectView()
		raw.PageGet(page, i, &view, unsafe.Sizeof(view), 1)
		keys = append(keys, text(view.Key.Ptr))
	}
	if len(keys) == 0 {
		return "empty", nil
	}
	return strings.Join(keys, " "), nil
}

func presign(store *raw.Store, url, key string) (string, error) {
	options := raw.NewPresignOptions()
	options.Flags = raw.PresignSigningTime
	options.SigningTimeNs = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano()
	options.ExpiresMs = 900 * 1000
	var link *raw.Buffer
	var e *raw.Error
	k, n := in(key)
	if err := check(raw.Presign(store, k, n, &options, nil, &link, &e), e); err != nil {
		if failed := (*Error)(nil); errors.As(err, &failed) && failed.Status == raw.EUnsupported {
			return "unsupported", nil
		}
		return "", err
	}
	root, _, _ := strings.Cut(url, "?") // of a file store; it differs from run to run
	if root = strings.TrimRight(root, "/"); strings.HasPrefix(root, "file://") {
		return strings.Replace(taken(link), root, "file://<root>", 1), nil
	}
	return taken(link), nil
}

type result struct {
	status raw.Status
	body   string
}

// queue hands each completion to the channel of its call. Its goroutine waits in Go's own poller, on a descriptor of its
// own for the queue's readiness: no thread sits in the library.
type queue struct {
	handle  *raw.Queue
	ready   *os.File
	mutex   sync.Mutex
	next    uint64
	pending map[uint64]chan result
	drained chan struct{}
}

func newQueue() (*queue, error) {
	var handle *raw.Queue
	var e *raw.Error
	if err := check(raw.QueueNew(0, &handle, &e), e); err != nil {
		return nil, err
	}
	own, err := syscall.Dup(raw.QueueHandle(handle))
	if err != nil {
		raw.QueueFree(handle)
		return nil, err
	}
	syscall.CloseOnExec(own)
	q := &queue{handle: handle, ready: os.NewFile(uintptr(own), "queue"),
		pending: map[uint64]chan result{}, drained: make(chan struct{})}
	poller, err := q.ready.SyscallConn()
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(q.drained)
		_ = poller.Read(func(uintptr) bool { return q.drain() == raw.EClosed })
	}()
	return q, nil
}

// drain takes what has completed, without waiting; EClosed once the queue is shut down and empty.
func (q *queue) drain() raw.Status {
	var events [64]raw.Event
	var n uintptr
	for {
		status := raw.QueuePoll(q.handle, &events[0], 64, 0, &n)
		if status != raw.OK {
			return status
		}
		for _, event := range events[:n] {
			q.mutex.Lock()
			ended := q.pending[event.UserData]
			delete(q.pending, event.UserData)
			q.mutex.Unlock()
			var body string
			if buffer := raw.OpTakeBuffer(event.Op); buffer != nil {
				body = taken(buffer)
			}
			ended <- result{raw.Status(event.Status), body}
		}
		raw.EventsRelease(&events[0], n)
	}
}

func (q *queue) get(store *raw.Store, key string) (chan result, *raw.Op, error) {
	ended := make(chan result, 1)
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.next++
	options := raw.NewAsync()
	options.Queue, options.UserData = q.handle, q.next
	var op *raw.Op
	var e *raw.Error
	k, n := in(key)
	err := check(raw.GetAsync(store, k, n, nil, nil, &options, &op, &e), e)
	if err == nil {
		q.pending[q.next] = ended
	}
	return ended, op, err
}

func (q *queue) close() {
	raw.QueueShutdown(q.handle)
	<-q.drained
	q.ready.Close()
	raw.QueueFree(q.handle)
}

// gets runs 100 gets at once.
func gets(store *raw.Store) (string, error) {
	q, err := newQueue()
	if err != nil {
		return "", err
	}
	defer q.close()
	started := []chan result{}
	for i := 0; i < 100; i++ {
		ended, op, err := q.get(store, helloKey)
		if err != nil {
			return "", err
		}
		raw.OpFree(op)
		started = append(started, ended)
	}
	right := 0
	for _, ended := range started {
		if <-ended == (result{raw.OK, hello}) {
			right++
		}
	}
	return fmt.Sprintf("%d of %d", right, len(started)), nil
}

// cancel ends a get that no server answers.
func cancel(client *raw.Client) (string, error) {
	url := os.Getenv("BLOBSTORE_STALL_URL")
	if url == "" {
		return "unsupported", nil
	}
	store, err := open(client, url)
	if err != nil {
		return "", err
	}
	defer raw.StoreFree(store)
	q, err := newQueue()
	if err != nil {
		return "", err
	}
	defer q.close()
	ended, op, err := q.get(store, "stall")
	if err != nil {
		return "", err
	}
	defer raw.OpFree(op)
	time.Sleep(200 * time.Millisecond) // by now it waits for the answer
	start := time.Now()
	raw.OpCancel(op)
	answer := "no"
	select {
	case end := <-ended:
		if end.status == raw.ECancelled && time.Since(start) <= 100*time.Millisecond {
			answer = "yes"
		}
	case <-time.After(5 * time.Second):
	}
	return "cancelled within 100 ms: " + answer, nil
}

func deleteAll(store *raw.Store) (string, error) {
	var pinner runtime.Pinner
	defer pinner.Unpin()
	keys := []raw.Str{str(&pinner, helloKey), str(&pinner, "demo/second.txt")}
	results := make([]raw.Status, len(keys))
	var e *raw.Error
	if err := check(raw.DeleteMany(store, &keys[0], 2, nil, &results[0], &e), e); err != nil {
		return "", err
	}
	k, n := in("demo/sub/third.txt")
	return "3 keys", check(raw.Delete(store, k, n, nil, &e), e)
}

func tour(url string) error {
	var client *raw.Client
	var e *raw.Error
	if err := check(raw.ClientNew(nil, nil, &client, &e), e); err != nil {
		return err
	}
	defer raw.ClientFree(client)
	store, err := open(client, url)
	if err != nil {
		return err
	}
	defer raw.StoreFree(store)
	fmt.Println("open: ok")
	bodies := [][2]string{{helloKey, hello}, {"demo/second.txt", "second"}, {"demo/sub/third.txt", "third"}}
	for _, object := range bodies {
		if err := put(store, object[0], object[1]); err != nil {
			return err
		}
	}
	fmt.Println("put: 3 keys")
	step("head")(head(store, helloKey))
	step("get")(get(store, helloKey, nil))
	options := raw.NewGetOptions()
	options.Flags, options.Offset, options.Length = raw.GetOffset|raw.GetLength, 7, 10
	step("range")(get(store, helloKey, &options))
	step("list")(list(store))
	step("presign")(presign(store, url, helloKey))
	step("gets")(gets(store))
	var missing *Error
	if _, err = get(store, "demo/missing.txt", nil); errors.As(err, &missing) {
		fmt.Println("missing:", name(missing.Status))
	}
	step("cancel")(cancel(client))
	step("delete")(deleteAll(store))
	step("list")(list(store))
	return nil
}

// step prints one line of the transcript, or ends the program.
func step(what string) func(string, error) {
	return func(line string, err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, what+":", err)
			os.Exit(1)
		}
		fmt.Println(what+":", strings.TrimSuffix(line, "\n"))
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: blobstore-example STORE_URL")
		os.Exit(2)
	}
	if err := tour(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
