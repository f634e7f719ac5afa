#!/usr/bin/env python3
"""What the measurements share: the build, corpora, peers, runs and the report.

A measurement is a script of its own (curation, duplicates, models) with a subclass of Bench; kills
takes the build from here.
"""
import argparse
import concurrent.futures
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PEERS = os.path.join(ROOT, "..", "shared", "peers")
ID = re.compile(rb'^\{"id":"([^"]*)"')


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(command, **options):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, **options)


def build():
    """Builds the commands; answers their folder."""
    say("Building ...")
    command = ["swift", "build", "-c", "release"]
    for product in ["cordon", "cordon-bench"]:
        run([*command, "--product", product], cwd=ROOT, stdout=sys.stderr)
    shown = subprocess.run(
        [*command, "--show-bin-path"], cwd=ROOT, check=True, stdin=subprocess.DEVNULL,
        capture_output=True, text=True)
    return shown.stdout.strip()


def shards(folder, suffix=".jsonl"):
    return sorted(n for n in os.listdir(folder) if n.endswith(suffix))


def size(folder):
    return sum(os.path.getsize(os.path.join(folder, n)) for n in os.listdir(folder))


def same_bytes(one, other):
    return subprocess.run(["cmp", "-s", one, other]).returncode == 0


def ids_of(path):
    with open(path, "rb") as file:
        return {ID.match(line).group(1) for line in file}


def ids(folder):
    """The ids of all documents in a folder of shards, as bytes."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        paths = [os.path.join(folder, name) for name in shards(folder)]
        return set().union(*pool.map(ids_of, paths))


def number(value):
    return "-" if value is None else f"{value:.2f}"


def machine():
    model = platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            found = re.search(r"model name\s*:\s*(.*)", file.read())
            model = found.group(1) if found else model
    return f"{os.cpu_count()} x {model}, load {os.getloadavg()[0]:.1f}"


def arguments(description):
    """A parser with the options that every measurement has."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.path.join(PEERS, "gen_corpus.py")
    parser.add_argument("generator", nargs="?", default=default, help="path of gen_corpus.py")
    parser.add_argument("--corpus", help="a corpus that gen_corpus.py made")
    parser.add_argument("--work", default=os.path.join(ROOT, ".build", "bench"))
    parser.add_argument("--mb", type=int, default=300)
    parser.add_argument("--gb", type=float, help="also measure this many gigabytes")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, help="threads of cordon (default: all cores)")
    parser.add_argument("--bin", help="a folder with cordon and cordon-bench (default: build them)")
    parser.add_argument("--json", help="also write the figures into this file")
    return parser


class Bench:
    """One run of a measurement: what it needs, what it took, and what was wrong."""

    name = "bench"  # of the script
    packages = []  # that its peers need, from PyPI

    def __init__(self, options, needs_corpus=True):
        if needs_corpus and not options.corpus and not os.path.exists(options.generator):
            sys.exit(f"{options.generator} is missing: name gen_corpus.py, or give --corpus")
        self.options = options
        self.work = os.path.abspath(options.work)
        os.makedirs(self.work, exist_ok=True)
        self.failures = []
        self.rows = []
        folder = options.bin or build()
        self.cordon, self.bench = (os.path.join(folder, n) for n in ("cordon", "cordon-bench"))
        if needs_corpus:
            self.python = self.environment("venv", self.packages)
            self.corpus = self.make_corpus()
            self.input = os.path.join(self.corpus, "jsonl")
            self.bytes = size(self.input)

    def environment(self, name, packages):
        """A Python of its own with these packages; answers its path."""
        folder = os.path.join(self.work, name)
        python = os.path.join(folder, "bin", "python")
        ready = os.path.join(folder, "ready")
        if not os.path.exists(ready):
            say(f"Making a Python environment ({name}) for the peers ...")
            run([sys.executable, "-m", "venv", "--clear", folder])
            open(ready, "w").close()
        with open(ready, encoding="utf-8") as file:
            missing = sorted(set(packages) - set(file.read().split()))
        if missing:
            run([python, "-m", "pip", "install", "-q", *missing], stdout=sys.stderr)
            with open(ready, "a", encoding="utf-8") as file:
                file.write("\n".join(missing) + "\n")
        return python

    def make_corpus(self):
        if self.options.corpus:
            return os.path.abspath(self.options.corpus)
        folder = os.path.join(self.work, f"corpus-{self.options.mb}")
        if not os.path.exists(os.path.join(folder, "corpus.json")):
            say(f"Making {self.options.mb} MB of documents ...")
            run([self.python, self.options.generator, "--out", folder, "--mb",
                 str(self.options.mb), "--shards", "8", "--seed", "3", "--formats", ""],
                stdout=sys.stderr)
        return folder

    def truth(self):
        """The rows of gen_corpus.py's truth: id, cluster, edit rate, kind, planted terms."""
        with open(os.path.join(self.corpus, "truth.tsv"), encoding="utf-8") as file:
            return [line.rstrip("\n").split("\t") for line in file][1:]

    # Runs

    def plan(self, name, body):
        path = os.path.join(self.work, f"{name}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"plan: bench-{name}\nversion: 1\nfields: {{text: text, id: id}}\n{body}")
        return path

    def curate(self, plan, folder, output, *more):
        command = [self.cordon, "curate", plan, "--input", folder, "--output", output, "--quiet"]
        if self.options.threads:
            command += ["--threads", str(self.options.threads)]
        return [*command, *more]

    def measure(self, command, output=None, into=None):
        """One run; what it left in `output` before is removed first."""
        if output:
            shutil.rmtree(output, ignore_errors=True)
        report = os.path.join(self.work, "measurement.json")
        sink = open(into, "wb") if into else subprocess.DEVNULL
        try:
            done = subprocess.run(
                [self.bench, "measure", "--json", "--report", report, "--", *command],
                stdin=subprocess.DEVNULL, stdout=sink)
        finally:
            if into:
                sink.close()
        if done.returncode != 0:
            sys.exit(f"Scripts/bench/{self.name}: exit {done.returncode} from:"
                     f" {' '.join(command)}")
        with open(report, encoding="utf-8") as file:
            return json.load(file)

    def turns(self, *jobs):
        """Runs each (command, output, into) in turn, --runs times; the median of each."""
        taken = [[] for _ in jobs]
        for _ in range(self.options.runs):
            for place, job in enumerate(jobs):
                taken[place].append(self.measure(*job))
        return [{key: statistics.median(one[key] for one in runs) for key in ("wall", "cpu",
                "peakMemory")} for runs in taken]

    # Findings

    def add(self, name, taken, bytes_read, target=None, peer=None, peer_name="", note=""):
        rate = taken["cpu"] / (bytes_read / 1e9)
        peer_rate = peer["cpu"] / (bytes_read / 1e9) if peer else None
        self.rows.append({
            "what": name, "cpuPerGB": rate, "wall": taken["wall"],
            "peakMemory": taken["peakMemory"], "target": target, "peer": peer_name,
            "peerCPUPerGB": peer_rate, "peerWall": peer["wall"] if peer else None,
            "peerPeakMemory": peer["peakMemory"] if peer else None,
            "ratio": peer_rate / rate if peer_rate else None, "note": note})
        if target is not None and rate > target:
            self.failures.append(f"{name}: {rate:.2f} CPU s/GB, the target is {target:.2f}")
        return rate

    def memory(self, name, taken, limit):
        if taken["peakMemory"] > limit:
            self.failures.append(f"{name}: peak RSS {taken['peakMemory'] / 1e6:.0f} MB,"
                                 f" the target is {limit / 1e6:.0f}")

    def check(self, name, right, complaint):
        if not right:
            self.failures.append(f"{name}: WRONG: {complaint}")

    def report(self, title):
        """Prints table and failures, writes --json; answers the exit code."""
        print(f"{title}, median of {self.options.runs}; {machine()}\n")
        print("| what | CPU s/GB | target | wall s | peak RSS MB | peer | peer CPU s/GB "
              "| times less CPU | note |")
        print("|---|---|---|---|---|---|---|---|---|")
        for row in self.rows:
            cells = [
                row["what"], f"{row['cpuPerGB']:.2f}", number(row["target"]),
                f"{row['wall']:.2f}", f"{row['peakMemory'] / 1e6:.0f}", row["peer"] or "-",
                number(row["peerCPUPerGB"]), number(row["ratio"]), row["note"] or "-"]
            print(f"| {' | '.join(cells)} |")
        print()
        for failure in self.failures:
            print(failure)
        if not self.failures:
            print("Every result was right and every target was met.")
        if self.options.json:
            with open(self.options.json, "w", encoding="utf-8") as file:
                json.dump({"machine": machine(), "rows": self.rows, "failures": self.failures},
                          file, indent=1)
        return 1 if self.failures else 0


if __name__ == "__main__":
    sys.exit("Scripts/bench/measuring.py is a part of Scripts/bench/curation and duplicates.")
