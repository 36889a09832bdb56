#!/usr/bin/env python3
"""Packs MNIST's four files for the program, or writes them back.

    pack.py DIR            packs the files in DIR, plain or as .gz, into this script's directory
    pack.py --unpack DIR   writes the four files into DIR as .gz, which is made where it is missing

Four of five bytes of an image file are 0. Such a file is therefore stored as two streams: `runs` holds the lengths of
its runs, one byte each, of zero bytes and of other bytes in turn, beginning with zero bytes; `ink` holds the other bytes
in order. A run of more than 255 bytes is followed by an empty run of the other kind and goes on after it. Label files
are stored as they are. Every stream is compressed with zopfli (Debian's package zopfli 1.0.3 made the files here).

Whatever is read or written is checked against the SHA-256 of the four files, which NOTICE lists.
"""

import gzip
import hashlib
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
HASHES = {name: digest for digest, name in re.findall(r"^([0-9a-f]{64})  (\S+)$", (HERE / "NOTICE").read_text(), re.M)}


def split(data):
    """The two streams of an image file."""
    runs, ink = bytearray(), bytearray()
    for run in re.findall(rb"\0+|[^\0]+", data):  # the first is one of zero bytes, as in every IDX file
        more, last = divmod(len(run) - 1, 255)
        runs += b"\xff\0" * more + bytes([last + 1])
        if run[0] != 0:
            ink += run
    return {"runs": bytes(runs), "ink": bytes(ink)}


def join(runs, ink):
    """The image file that `split` took apart."""
    data, at = bytearray(), 0
    for i, length in enumerate(runs):
        data += bytes(length) if i % 2 == 0 else ink[at : at + length]
        at += length * (i % 2)
    return bytes(data)


def check(name, data):
    if hashlib.sha256(data).hexdigest() != HASHES[name]:
        sys.exit(f"{name}: its SHA-256 is not the one that NOTICE lists")
    return data


def stored(name, stream=""):
    """The path under which a file, or a stream of it, lies here."""
    return HERE / (name.replace("-idx3-ubyte", f"-{stream}") + ".gz")


def pack(source):
    for name in HASHES:
        plain = source / name
        data = check(name, plain.read_bytes() if plain.is_file() else gzip.decompress((source / f"{name}.gz").read_bytes()))
        streams = split(data) if "images" in name else {"": data}
        for stream, content in streams.items():
            path = stored(name, stream).with_suffix("")
            path.write_bytes(content)
            subprocess.run(["zopfli", path], check=True)
            path.unlink()
        if "images" in name and join(**streams) != data:
            sys.exit(f"{name}: the streams do not give the file back")


def unpack(target):
    target.mkdir(parents=True, exist_ok=True)
    for name in HASHES:
        kinds = ["runs", "ink"] if "images" in name else [""]
        streams = [gzip.decompress(stored(name, kind).read_bytes()) for kind in kinds]
        data = check(name, join(*streams) if len(streams) == 2 else streams[0])
        (target / f"{name}.gz").write_bytes(gzip.compress(data, compresslevel=1, mtime=0))


if len(sys.argv) == 3 and sys.argv[1] == "--unpack":
    unpack(pathlib.Path(sys.argv[2]))
elif len(sys.argv) == 2 and not sys.argv[1].startswith("-"):
    pack(pathlib.Path(sys.argv[1]))
else:
    sys.exit(__doc__)
