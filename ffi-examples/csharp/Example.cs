// A tour of libblobstore in C#. usage: Example.exe STORE_URL. SPDX-License-Identifier: Apache-2.0
// mcs -unsafe -out:Example.exe Example.cs ../../bindings/csharp/Blobstore/Native.cs && mono Example.exe memory://demo
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Blobstore;

sealed class BlobException : Exception
{
    public readonly int Status;

    public BlobException(int status, string message) : base(message)
    {
        Status = status;
    }
}

/// <summary>Bytes that stay in place while the library may look at them.</summary>
sealed class Pinned : IDisposable
{
    GCHandle handle;
    readonly int length;

    public Pinned(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        length = bytes.Length;
        handle = GCHandle.Alloc(bytes, GCHandleType.Pinned);
    }

    public unsafe byte* Pointer { get { return (byte*)handle.AddrOfPinnedObject(); } }

    public UIntPtr Length { get { return (UIntPtr)length; } }

    public unsafe blobstore_str Str { get { return new blobstore_str { ptr = Pointer, len = Length }; } }

    public void Dispose() { handle.Free(); }
}

sealed class Completion
{
    public int Status;
    public string Body;
}

/// <summary>Completions as tasks: one thread sits in poll.</summary>
sealed unsafe class Queue : IDisposable
{
    public readonly IntPtr Handle;
    readonly ConcurrentDictionary<ulong, TaskCompletionSource<Completion>> pending =
        new ConcurrentDictionary<ulong, TaskCompletionSource<Completion>>();
    readonly Thread thread;
    ulong next;

    public Queue()
    {
        IntPtr handle, error;
        Example.Check(Native.blobstore_queue_new(0, &handle, &error), error);
        Handle = handle;
        thread = new Thread(Drain) { IsBackground = true };
        thread.Start();
    }

    void Drain()
    {
        blobstore_event* events = stackalloc blobstore_event[64];
        UIntPtr n;
        while (Native.blobstore_queue_poll(Handle, events, (UIntPtr)64, -1, &n) == Native.BLOBSTORE_OK)
        {
            for (int i = 0; i < (int)n; i++)
            {
                TaskCompletionSource<Completion> ended;
                string body = Example.Taken(Native.blobstore_op_take_buffer(events[i].op));
                if (pending.TryRemove(events[i].user_data, out ended))
                    ended.SetResult(new Completion { Status = events[i].status, Body = body });
            }
            Native.blobstore_events_release(events, n);
        }
    }

    public Task<Completion> Get(IntPtr store, string key, out IntPtr op)
    {
        var ended = new TaskCompletionSource<Completion>(TaskCreationOptions.RunContinuationsAsynchronously);
        blobstore_async options = blobstore_async.Make();
        options.queue = Handle;
        options.user_data = ++next;
        pending[options.user_data] = ended;
        using (var k = new Pinned(key))
        {
            IntPtr made, error;
            Example.Check(Native.blobstore_get_async(store, k.Pointer, k.Length, null, null, &options, &made, &error),
                          error);
            op = made;
        }
        return ended.Task;
    }

    public void Dispose()
    {
        Native.blobstore_queue_shutdown(Handle);
        thread.Join();
        Native.blobstore_queue_free(Handle);
    }
}

static unsafe class Example
{
    const string Hello = "hello, blobstore\n";
    const string HelloKey = "demo/hello.txt";

    static string Text(byte* s, UIntPtr length)
    {
        return s == null ? "" : new string((sbyte*)s, 0, (int)length, Encoding.UTF8);
    }

    static string Text(blobstore_str s) { return Text(s.ptr, s.len); }

    static string Name(int status) { return new string((sbyte*)Native.blobstore_status_name(status)); }

    public static void Check(int status, IntPtr error)
    {
        if (status == Native.BLOBSTORE_OK) return;
        string message = new string((sbyte*)Native.blobstore_error_message(error));
        Native.blobstore_error_free(error);
        throw new BlobException(status, message);
    }

    /// <summary>The text of a buffer, which is freed.</summary>
    public static string Taken(IntPtr buffer)
    {
        UIntPtr length = UIntPtr.Zero;
        string copy = Text((byte*)Native.blobstore_buffer_data(buffer, &length), length);
        Native.blobstore_buffer_free(buffer);
        return copy;
    }

    static IntPtr Open(IntPtr client, string url)
    {
        using (var u = new Pinned(url))
        {
            IntPtr store, error;
            Check(Native.blobstore_store_open(client, u.Pointer, u.Length, IntPtr.Zero, &store, &error), error);
            return store;
        }
    }

    static void Put(IntPtr store, string key, string body)
    {
        using (Pinned k = new Pinned(key), data = new Pinned(body), type = new Pinned("text/plain"),
                      name = new Pinned("origin"), value = new Pinned("example"))
        {
            var origin = new blobstore_kv { key = name.Str, value = value.Str };
            blobstore_put_options options = blobstore_put_options.Make();
            options.content_type = type.Str;
            options.metadata = &origin;
            options.metadata_len = (UIntPtr)1;
            IntPtr error;
            Check(Native.blobstore_put(store, k.Pointer, k.Length, data.Pointer, data.Length, &options, null, null,
                                       &error), error);
        }
    }

    static string Head(IntPtr store, string key)
    {
        using (var k = new Pinned(key))
        {
            IntPtr info, error;
            Check(Native.blobstore_head(store, k.Pointer, k.Length, null, null, &info, &error), error);
            blobstore_object_view view = blobstore_object_view.Make();
            Native.blobstore_object_get(info, &view);
            var line = new StringBuilder().Append(view.size).Append(" bytes, ").Append(Text(view.content_type));
            for (ulong i = 0; i < (ulong)view.metadata_len; i++)
                line.Append(", " + Text(view.metadata[i].key) + "=" + Text(view.metadata[i].value));
            Native.blobstore_object_free(info);
            return line.ToString();
        }
    }

    static string Get(IntPtr store, string key, blobstore_get_options options)
    {
        using (var k = new Pinned(key))
        {
            IntPtr body, error;
            Check(Native.blobstore_get(store, k.Pointer, k.Length, &options, null, &body, null, &error), error);
            return Taken(body);
        }
    }

    static string List(IntPtr store)
    {
        using (Pinned prefix = new Pinned("demo/"), delimiter = new Pinned("/"))
        {
            blobstore_list_options options = blobstore_list_options.Make();
            options.prefix = prefix.Str;
            options.delimiter = delimiter.Str;
            IntPtr page, error;
            Check(Native.blobstore_list(store, &options, null, &page, &error), error);
            var keys = new List<string>();
            for (ulong i = 0; i < (ulong)Native.blobstore_page_len(page); i++)
            {
                blobstore_object_view view = blobstore_object_view.Make();
                Native.blobstore_page_get(page, (UIntPtr)i, &view, (UIntPtr)sizeof(blobstore_object_view), (UIntPtr)1);
                keys.Add(Text(view.key));
            }
            Native.blobstore_page_free(page);
            return keys.Count == 0 ? "empty" : string.Join(" ", keys);
        }
    }

    static string Presign(IntPtr store, string url, string key)
    {
        using (var k = new Pinned(key))
        {
            blobstore_presign_options options = blobstore_presign_options.Make();
            options.flags = Native.BLOBSTORE_PRESIGN_SIGNING_TIME;
            options.expires_ms = 900 * 1000;
            options.signing_time_ns = 1767323045L * 1000000000; // 2026-01-02T03:04:05Z
            IntPtr made, error;
            int status = Native.blobstore_presign(store, k.Pointer, k.Length, &options, null, &made, &error);
            if (status == Native.BLOBSTORE_E_UNSUPPORTED)
            {
                Native.blobstore_error_free(error);
                return "unsupported";
            }
            Check(status, error);
            string link = Taken(made), root = url.Split('?')[0].TrimEnd('/'); // the root differs from run to run
            bool isFile = root.StartsWith("file://") && link.StartsWith(root);
            return isFile ? "file://<root>" + link.Substring(root.Length) : link;
        }
    }

    /// <summary>100 gets at once.</summary>
    static int Gets(IntPtr store)
    {
        using (var queue = new Queue())
        {
            var started = new List<Task<Completion>>();
            for (int i = 0; i < 100; i++)
            {
                IntPtr op;
                started.Add(queue.Get(store, HelloKey, out op));
                Native.blobstore_op_free(op);
            }
            return Task.WhenAll(started).Result.Count(
                end => end.Status == Native.BLOBSTORE_OK && end.Body == Hello);
        }
    }

    /// <summary>A get that no server answers ends as soon as it is cancelled.</summary>
    static string Cancel(IntPtr client)
    {
        string url = Environment.GetEnvironmentVariable("BLOBSTORE_STALL_URL");
        if (string.IsNullOrEmpty(url)) return "unsupported";
        IntPtr store = Open(client, url), op;
        using (var queue = new Queue())
        {
            Task<Completion> ended = queue.Get(store, "stall", out op);
            Thread.Sleep(200); // by now it waits for the answer
            Stopwatch watch = Stopwatch.StartNew();
            Native.blobstore_op_cancel(op);
            bool prompt = ended.Wait(5000) && watch.ElapsedMilliseconds <= 100 &&
                          ended.Result.Status == Native.BLOBSTORE_E_CANCELLED;
            Native.blobstore_op_free(op);
            Native.blobstore_store_free(store);
            return "cancelled within 100 ms: " + (prompt ? "yes" : "no");
        }
    }

    static void DeleteAll(IntPtr store)
    {
        using (Pinned first = new Pinned(HelloKey), second = new Pinned("demo/second.txt"),
                      third = new Pinned("demo/sub/third.txt"))
        {
            IntPtr error;
            int* results = stackalloc int[2];
            blobstore_str* keys = stackalloc blobstore_str[2];
            keys[0] = first.Str;
            keys[1] = second.Str;
            Check(Native.blobstore_delete_many(store, keys, (UIntPtr)2, null, results, &error), error);
            Check(Native.blobstore_delete(store, third.Pointer, third.Length, null, &error), error);
        }
    }

    static void Tour(string url)
    {
        IntPtr client, error;
        Check(Native.blobstore_client_new(IntPtr.Zero, null, &client, &error), error);
        IntPtr store = Open(client, url);
        Console.WriteLine("open: ok");
        Put(store, HelloKey, Hello);
        Put(store, "demo/second.txt", "second");
        Put(store, "demo/sub/third.txt", "third");
        Console.WriteLine("put: 3 keys");
        Console.WriteLine("head: " + Head(store, HelloKey));
        blobstore_get_options options = blobstore_get_options.Make();
        Console.Write("get: " + Get(store, HelloKey, options));
        options.flags = Native.BLOBSTORE_GET_OFFSET | Native.BLOBSTORE_GET_LENGTH;
        options.offset = 7;
        options.length = 10;
        Console.Write("range: " + Get(store, HelloKey, options));
        Console.WriteLine("list: " + List(store));
        Console.WriteLine("presign: " + Presign(store, url, HelloKey));
        Console.WriteLine("gets: " + Gets(store) + " of 100");
        try
        {
            Get(store, "demo/missing.txt", blobstore_get_options.Make());
        }
        catch (BlobException e)
        {
            Console.WriteLine("missing: " + Name(e.Status));
        }
        Console.WriteLine("cancel: " + Cancel(client));
        DeleteAll(store);
        Console.WriteLine("delete: 3 keys");
        Console.WriteLine("list: " + List(store));
        Native.blobstore_store_free(store);
        Native.blobstore_client_free(client);
    }

    static int Main(string[] arguments)
    {
        if (arguments.Length != 1)
        {
            Console.Error.WriteLine("usage: Example.exe STORE_URL");
            return 2;
        }
        try
        {
            Tour(arguments[0]);
            return 0;
        }
        catch (BlobException e)
        {
            Console.Error.WriteLine(Name(e.Status) + ": " + e.Message);
            return 1;
        }
    }
}
