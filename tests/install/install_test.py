#!/usr/bin/env python3
"""Uses the installed tree as its users do.

usage: install_test.py MODE PREFIX
  tree        installs the build of BLOBSTORE_BUILD to PREFIX
  moved       the same, somewhere else, and moves it to PREFIX
  files       what must be there is, and nothing in it names the build, the source or another prefix
  pkg-config  a C program by pkg-config: shared, libblobstore.a, and all of it static
  cmake       a C++ program by find_package, shared and static; a C program, static
  program     the program runs from where it is; man page and completions are read
Compilers and tools come from CC, CXX, CMAKE and PKG_CONFIG, the version from BLOBSTORE_VERSION.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
CONSUMER = HERE / "consumer"
BUILD = pathlib.Path(os.environ["BLOBSTORE_BUILD"]).resolve()
SOURCE = HERE.parent.parent
VERSION = os.environ["BLOBSTORE_VERSION"]
CC, CXX = os.environ.get("CC", "cc"), os.environ.get("CXX", "c++")
CMAKE, PKG_CONFIG = os.environ.get("CMAKE", "cmake"), os.environ.get("PKG_CONFIG", "pkg-config")
SAYS = f"a/b: hello, 1 entry\nblobstore {VERSION}\n"


def run(*command, **more):
    """What the command prints; ends the test if it fails."""
    command = [str(word) for word in command]
    print("+", " ".join(command), flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, **more)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\nexit {done.returncode}")
    return done.stdout


def expect(holds, words):
    if not holds:
        sys.exit("not so: " + words)


def one(prefix, pattern):
    found = sorted(prefix.rglob(pattern))
    expect(found, f"{pattern} is below {prefix}")
    return found[0]


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def dynamic(file):
    """{tag: [values]} of the dynamic section."""
    tags = {}
    for tag, value in re.findall(r"\((\w+)\)[^\[\n]*\[([^\]\n]*)\]", run("readelf", "-dW", file)):
        tags.setdefault(tag, []).append(value)
    return tags


def runs(program, needs_library, **environment):
    needed = dynamic(program).get("NEEDED", [])
    own = [name for name in needed if "blobstore" in name]
    expect(own == (["libblobstore.so.0"] if needs_library else []), f"{program} needs {needed}")
    said = run(program, env={**os.environ, **environment})
    expect(said == SAYS, f"{program} said {said!r}")


# ---- what the tests use ----


def tree(prefix):
    shutil.rmtree(prefix, ignore_errors=True)
    environment = {key: value for key, value in os.environ.items() if key != "DESTDIR"}
    run(CMAKE, "--install", BUILD, "--prefix", prefix, env=environment)


def moved(prefix):
    first = prefix.with_name(prefix.name + ".first")
    shutil.rmtree(prefix, ignore_errors=True)
    tree(first)
    first.rename(prefix)


# ---- the tests ----


def files(prefix):
    library = one(prefix, "libblobstore.so")
    for name in ["libblobstore.a", "libblobstore.so.0", f"libblobstore.so.{VERSION}",
                 "pkgconfig/blobstore.pc", "cmake/blobstore/blobstore-config.cmake",
                 "cmake/blobstore/blobstore-config-version.cmake"]:
        expect((library.parent / name).is_file(), f"{name} is beside {library}")
    header = prefix / "include" / "blobstore.h"
    expect(header.read_bytes() == (SOURCE / "include" / "blobstore.h").read_bytes(), f"{header} is ours")
    for name in ["bin/blobstore", "share/man/man1/blobstore.1",
                 "share/bash-completion/completions/blobstore", "share/zsh/site-functions/_blobstore",
                 "share/fish/vendor_completions.d/blobstore.fish"]:
        expect((prefix / name).is_file(), f"{name} is below {prefix}")

    tags = dynamic(library)
    expect(tags.get("SONAME") == ["libblobstore.so.0"], f"the SONAME is {tags.get('SONAME')}")
    expect(not {"RPATH", "RUNPATH"} & set(tags), "the library has no RPATH")
    paths = dynamic(prefix / "bin" / "blobstore").get("RUNPATH", [])
    expect(all(path.startswith("$ORIGIN/") for path in paths), f"the program's RUNPATH is {paths}")

    strange = [os.fsencode(path) for path in (BUILD, SOURCE, prefix)]
    checked = [file for file in sorted(prefix.rglob("*")) if file.is_file() and not file.is_symlink()]
    for file in checked:
        text = file.read_bytes()
        for path in strange if b".debug_line" not in text else []:  # debug information names sources
            expect(path not in text, f"{file} does not contain {path.decode()}")
    for link in filter(pathlib.Path.is_symlink, prefix.rglob("*")):
        expect(not os.path.isabs(os.readlink(link)), f"{link} is relative")
    print(f"{len(checked)} files, none names a folder of the build")


def pkg_config(prefix):
    work = fresh(prefix.with_name(prefix.name + "-pkg-config"))
    library = one(prefix, "libblobstore.so").parent
    ours = {**os.environ, "PKG_CONFIG_PATH": str(library / "pkgconfig")}
    # A user of the shared library need not have the development files of OpenSSL.
    alone = {**os.environ, "PKG_CONFIG_LIBDIR": str(library / "pkgconfig"), "PKG_CONFIG_PATH": ""}
    expect(run(PKG_CONFIG, "--modversion", "blobstore", env=alone) == VERSION + "\n", VERSION)
    expect(os.path.realpath(run(PKG_CONFIG, "--variable=prefix", "blobstore", env=alone).strip())
           == str(prefix), f"the prefix is {prefix}")
    compile_c = [*CC.split(), "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", CONSUMER / "main.c"]

    shared = run(PKG_CONFIG, "--cflags", "--libs", "blobstore", env=alone).split()
    run(*compile_c, "-o", work / "shared", *shared)
    runs(work / "shared", True, LD_LIBRARY_PATH=str(library))

    static = run(PKG_CONFIG, "--static", "--cflags", "--libs", "blobstore", env=ours).split()
    archive = ["-l:libblobstore.a" if word == "-lblobstore" else word for word in static]
    run(*compile_c, "-o", work / "archive", *archive)
    runs(work / "archive", False, LD_LIBRARY_PATH="")
    run(*compile_c, "-static", "-o", work / "static", *static)
    runs(work / "static", False)


def cmake(prefix):
    work = fresh(prefix.with_name(prefix.name + "-cmake"))
    # A user of the shared library need not have the development files of OpenSSL.
    no_openssl = "-DCMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON"
    for name, language, source, target, more in [
            ("shared", "CXX", "main.cpp", "blobstore::blobstore", [no_openssl]),
            ("static", "CXX", "main.cpp", "blobstore::static", []),
            ("static-c", "C", "main.c", "blobstore::static", [])]:
        folder = work / name
        said = run(CMAKE, "-S", CONSUMER, "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}",
                   "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF", f"-DCMAKE_C_COMPILER={CC}",
                   f"-DCMAKE_CXX_COMPILER={CXX}", f"-DVERSION={VERSION}", f"-DLANGUAGE={language}",
                   f"-DSOURCE={source}", f"-DTARGET={target}", *more)
        expect(f"package: {prefix}/" in said, f"the package was found below {prefix}: {said}")
        run(CMAKE, "--build", folder)
        runs(folder / "consumer", name == "shared")


def program(prefix):
    binary = prefix / "bin" / "blobstore"
    bare = {"PATH": os.defpath, "LC_ALL": "C"}
    said = run(binary, "version", env=bare)
    expect(said.startswith(f"blobstore {VERSION}\n"), f"it said {said!r}")
    loaded = run("ldd", binary, env=bare)
    expect(str(prefix) in os.path.realpath(re.search(r"libblobstore\.so\.0 => (\S+)", loaded).group(1)),
           f"it loads the library below {prefix}: {loaded}")
    page = prefix / "share" / "man" / "man1" / "blobstore.1"
    expect(re.search(rf'^\.TH BLOBSTORE 1 .*"blobstore {re.escape(VERSION)}"', page.read_text(), re.M),
           "the man page names the version")
    if shutil.which("man"):
        said = run("man", "-M", prefix / "share" / "man", "-w", "1", "blobstore")
        expect(said.strip() == str(page), f"man finds {said!r}")
    else:
        print("no man here: the page was read as text")
    completions = prefix / "share" / "bash-completion" / "completions" / "blobstore"
    said = run("bash", "--norc", "-c", 'source "$1" && complete -p blobstore', "bash", completions)
    expect(said.startswith("complete ") and said.endswith(" blobstore\n"), f"bash says {said!r}")


def main():
    modes = {"tree": tree, "moved": moved, "files": files, "pkg-config": pkg_config, "cmake": cmake,
             "program": program}
    if len(sys.argv) != 3 or sys.argv[1] not in modes:
        sys.exit(__doc__)
    modes[sys.argv[1]](pathlib.Path(os.path.realpath(sys.argv[2])))


if __name__ == "__main__":
    main()
