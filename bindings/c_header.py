"""Reads include/blobstore.h in its regular form, for generate.py. SPDX-License-Identifier: Apache-2.0

A declaration that the patterns below do not know is an error.
"""
import re


class CType:
    """base is a scalar, "char", "void" or a name of ours; stars the number of pointers."""

    def __init__(self, text):
        words = text.replace("*", " * ").split()
        self.const = words[0] == "const"
        self.stars = words.count("*")
        rest = [w for w in words if w not in ("const", "*")]
        if len(rest) != 1:
            raise ValueError("not a type this script knows: " + text)
        self.base = rest[0]


class Api:
    def __init__(self):
        self.constants = []  # (name, value as written)
        self.structs = []  # (name, [(field, CType)])
        self.opaques = []  # name
        self.callbacks = []  # (name, CType, [(parameter, CType)])
        self.functions = []  # the same

    @property
    def opaque_names(self):
        return set(self.opaques)

    @property
    def callback_names(self):
        return {name for name, _, _ in self.callbacks}


def declared(text):
    """`const char *key` -> ("key", CType)"""
    match = re.fullmatch(r"(.*?)(\w+)", text.strip(), re.S)
    return match.group(2), CType(match.group(1))


def parameters(text):
    return [] if text.strip() == "void" else [declared(one) for one in text.split(",")]


def fields(text):
    found = []
    for line in filter(None, (part.strip() for part in text.split(";"))):
        first, *more = line.split(",")
        name, ctype = declared(first)
        found.append((name, ctype))
        found += [(extra.strip(), ctype) for extra in more]
    return found


def parse(header):
    text = re.sub(r"/\*.*?\*/", " ", header, flags=re.S)
    version = re.search(r"#define BLOBSTORE_HEADER_VERSION (0x[0-9a-f]+)u", text).group(1)
    lines = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    api = Api()
    api.constants.append(("BLOBSTORE_HEADER_VERSION", version))

    def take(pattern, use):
        nonlocal lines
        lines = re.sub(pattern, lambda m: use(m) or " ", lines, flags=re.S)

    def constant(match):
        for item in filter(None, (one.strip() for one in match.group(1).split(","))):
            name, value = re.fullmatch(r"(\w+) = (\w+)", item).groups()
            api.constants.append((name, value))

    take(r"\benum \{([^}]*)\};", constant)
    take(r"\btypedef struct (\w+) \{([^}]*)\} \1;", lambda m: api.structs.append((m[1], fields(m[2]))))
    take(r"\btypedef struct (\w+) \1;", lambda m: api.opaques.append(m[1]))
    take(r"\btypedef int32_t blobstore_status;", lambda m: None)
    take(r"\btypedef (\w+)\(BLOBSTORE_CALL \*(\w+)\)\(([^)]*)\);",
         lambda m: api.callbacks.append((m[2], CType(m[1]), parameters(m[3]))))
    take(r"\bBLOBSTORE_FN\(([^)]*)\)\s*(\w+)\(([^)]*)\);",
         lambda m: api.functions.append((m[2], CType(m[1]), parameters(m[3]))))
    left = lines.replace('extern "C" {', "").replace("}", "").strip()
    if left:
        raise ValueError("not understood in the header: " + left[:200])
    return api
