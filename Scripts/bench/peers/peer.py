#!/usr/bin/env python3
"""The peers of Scripts/bench/curation: what a careful person writes in Python for the same work.

  peer.py passthrough IN OUT            orjson: parse each record, write it again
  peer.py blocklist   IN OUT --terms F  pyahocorasick over the lower-cased text, whole words
  peer.py exact       IN OUT            SHA-256 of the text in a set, in one process

IN and OUT are folders of .jsonl files. Needs orjson, and pyahocorasick for the blocklist.
"""
import argparse
import hashlib
import multiprocessing
import os

import orjson


def keep_all():
    return lambda text: True


def keep_without(path):
    """Keeps a text in which no term stands as a whole word."""
    import ahocorasick

    automaton = ahocorasick.Automaton()
    with open(path, encoding="utf-8") as file:
        for term in file.read().splitlines():
            automaton.add_word(term.lower(), len(term))
    automaton.make_automaton()

    def is_word(character):
        return character.isalnum() or character == "_"

    def keep(text):
        text = text.lower()
        for last, length in automaton.iter(text):
            first = last - length + 1
            if first > 0 and is_word(text[first - 1]):
                continue
            if last + 1 < len(text) and is_word(text[last + 1]):
                continue
            return False
        return True

    return keep


def keep_new():
    """Keeps a text that was not there before."""
    seen = set()

    def keep(text):
        digest = hashlib.sha256(text.encode()).digest()
        if digest in seen:
            return False
        seen.add(digest)
        return True

    return keep


def copy(source, target, keep):
    with open(source, "rb") as records, open(target, "wb") as kept:
        for line in records:
            record = orjson.loads(line)
            if keep(record["text"]):
                kept.write(orjson.dumps(record) + b"\n")


def copy_one(job):
    source, target, terms = job
    copy(source, target, keep_without(terms) if terms else keep_all())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("operation", choices=["passthrough", "blocklist", "exact"])
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--terms")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    os.makedirs(options.output, exist_ok=True)
    names = sorted(name for name in os.listdir(options.input) if name.endswith(".jsonl"))
    pairs = [(os.path.join(options.input, n), os.path.join(options.output, n)) for n in names]
    if options.operation == "exact":
        keep = keep_new()
        for source, target in pairs:
            copy(source, target, keep)
        return
    terms = options.terms if options.operation == "blocklist" else None
    with multiprocessing.Pool(options.processes) as pool:
        pool.map(copy_one, [(s, t, terms) for s, t in pairs], chunksize=1)


if __name__ == "__main__":
    main()
