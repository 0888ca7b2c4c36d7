// Compares the raw layer with the layout table, tests/ffi/layout.txt. SPDX-License-Identifier: Apache-2.0
// usage: LayoutTest.exe LAYOUT_TABLE
using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using Blobstore;

static class LayoutTest
{
    static SortedSet<string> Mirror()
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Type type in typeof(Native).Assembly.GetTypes())
        {
            if (!type.IsValueType || !type.Name.StartsWith("blobstore_")) continue;
            found.Add("size " + type.Name + " " + Marshal.SizeOf(type));
            foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
                found.Add("offset " + type.Name + "." + field.Name + " " +
                          Marshal.OffsetOf(type, field.Name));
        }
        foreach (FieldInfo field in typeof(Native).GetFields(BindingFlags.Public | BindingFlags.Static))
            if (field.Name.StartsWith("BLOBSTORE_"))
                found.Add("const " + field.Name + " " + field.GetRawConstantValue());
        return found;
    }

    static unsafe bool LibraryAnswers()
    {
        string name = Marshal.PtrToStringAnsi((IntPtr)Native.blobstore_status_name(Native.BLOBSTORE_E_NOT_FOUND));
        return name == "E_NOT_FOUND" && Native.blobstore_version() >= Native.BLOBSTORE_HEADER_VERSION;
    }

    static int Main(string[] arguments)
    {
        var mirror = Mirror();
        var table = new SortedSet<string>(File.ReadAllLines(arguments[0]), StringComparer.Ordinal);
        var both = new SortedSet<string>(mirror, StringComparer.Ordinal);
        both.SymmetricExceptWith(table);
        foreach (string line in both)
            Console.WriteLine((table.Contains(line) ? "only in the table: " : "not in the table: ") + line);
        bool answers = LibraryAnswers();
        Console.WriteLine("{0} lines, {1} differ, library answers: {2}", mirror.Count, both.Count, answers);
        return both.Count == 0 && answers ? 0 : 1;
    }
}
