#!/usr/bin/env python3
"""The peers of Scripts/bench/models: PyTorch and tiktoken, as a careful person uses them.

  models.py make DIR                  a Llama of 13.8 million seeded weights, as safetensors
  models.py decode DIR --batch N ...  greedy decoding with a key-value cache, in PyTorch
  models.py encode TOKENIZER FILE     a byte-level tokenizer.json of GPT-2's kind, by tiktoken

Each prints one line of JSON. `decode` needs torch, `encode` tiktoken, `make` numpy.
"""
import argparse
import json
import os
import statistics
import struct
import time

CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
    "hidden_size": 384, "intermediate_size": 1024, "num_hidden_layers": 6,
    "num_attention_heads": 6, "num_key_value_heads": 6, "vocab_size": 8192,
    "max_position_embeddings": 256, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
    "tie_word_embeddings": True}
GPT2 = (r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")


def emit(**figures):
    print(json.dumps(figures), flush=True)


def prompt(number, count, vocabulary):
    """As `cordon-bench decode` has it."""
    return [(1 + 31 * number + 17 * place * place) % vocabulary for place in range(count)]


# The model


def shapes():
    width, inner = CONFIG["hidden_size"], CONFIG["intermediate_size"]
    yield "model.embed_tokens.weight", (CONFIG["vocab_size"], width)
    for layer in range(CONFIG["num_hidden_layers"]):
        block = f"model.layers.{layer}."
        yield block + "input_layernorm.weight", (width,)
        for name in "qkvo":
            yield f"{block}self_attn.{name}_proj.weight", (width, width)
        yield block + "post_attention_layernorm.weight", (width,)
        yield block + "mlp.gate_proj.weight", (inner, width)
        yield block + "mlp.up_proj.weight", (inner, width)
        yield block + "mlp.down_proj.weight", (width, inner)
    yield "model.norm.weight", (width,)


def make(folder):
    """Weights of deviation 0.08: at the usual 0.02 each token would only repeat the one before."""
    import numpy

    os.makedirs(folder, exist_ok=True)
    random = numpy.random.Generator(numpy.random.PCG64(4))
    header, parts, place = {}, [], 0
    for name, shape in shapes():
        deviation = 0.02 if "embed" in name else 0.08
        values = (numpy.ones(shape) if len(shape) == 1
                  else random.standard_normal(shape) * deviation).astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(shape),
                        "data_offsets": [place, place + len(values)]}
        place += len(values)
        parts.append(values)
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(head)) + head + b"".join(parts))
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(CONFIG, file, indent=1)
    emit(parameters=place // 4)


def load(folder):
    import torch

    with open(os.path.join(folder, "model.safetensors"), "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    body = bytearray(data[8 + length:])
    tensors = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        first, last = entry["data_offsets"]
        tensors[name] = torch.frombuffer(
            body, dtype=torch.float32, offset=first, count=(last - first) // 4
        ).reshape(entry["shape"]).clone()
    return tensors


# Decoding


class Llama:
    """The decoder in PyTorch's own operations; queries, keys and values by one product."""

    def __init__(self, folder):
        import torch

        tensors = load(folder)
        self.torch = torch
        self.heads = CONFIG["num_attention_heads"]
        self.width = CONFIG["hidden_size"] // self.heads
        self.embedding = tensors["model.embed_tokens.weight"]
        self.norm = tensors["model.norm.weight"]
        self.blocks = []
        for layer in range(CONFIG["num_hidden_layers"]):
            def get(name):
                return tensors[f"model.layers.{layer}.{name}.weight"]
            self.blocks.append((
                get("input_layernorm"),
                torch.cat([get(f"self_attn.{name}_proj") for name in "qkv"]),
                get("self_attn.o_proj"), get("post_attention_layernorm"), get("mlp.gate_proj"),
                get("mlp.up_proj"), get("mlp.down_proj")))
        half = torch.arange(0, self.width, 2).float() / self.width
        angles = torch.arange(CONFIG["max_position_embeddings"]).float()[:, None]
        angles = angles * CONFIG["rope_theta"] ** -half
        self.cos, self.sin = angles.cos(), angles.sin()

    def cache(self, batch):
        shape = (batch, self.heads, CONFIG["max_position_embeddings"], self.width)
        return [(self.torch.zeros(shape), self.torch.zeros(shape)) for _ in self.blocks]

    def normed(self, x, weight):
        return self.torch.nn.functional.rms_norm(
            x, (x.shape[-1],), weight, CONFIG["rms_norm_eps"])

    def turned(self, x, cos, sin):
        a, b = x.chunk(2, -1)
        return self.torch.cat((a * cos - b * sin, a * sin + b * cos), -1)

    def logits(self, tokens, cache, place):
        """Of the last token of each sequence."""
        functions = self.torch.nn.functional
        batch, count = tokens.shape
        x = functions.embedding(tokens, self.embedding)
        cos, sin = self.cos[place:place + count], self.sin[place:place + count]
        for block, (keys, values) in zip(self.blocks, cache):
            first, joint, output, second, gate, up, down = block
            q, k, v = functions.linear(self.normed(x, first), joint).view(
                batch, count, 3, self.heads, self.width).permute(2, 0, 3, 1, 4)
            q, k = self.turned(q, cos, sin), self.turned(k, cos, sin)
            keys[:, :, place:place + count] = k
            values[:, :, place:place + count] = v
            mixed = functions.scaled_dot_product_attention(
                q, keys[:, :, :place + count], values[:, :, :place + count], is_causal=count > 1)
            x = x + functions.linear(mixed.transpose(1, 2).reshape(batch, count, -1), output)
            h = self.normed(x, second)
            x = x + functions.linear(
                functions.silu(functions.linear(h, gate)) * functions.linear(h, up), down)
        return functions.linear(self.normed(x[:, -1], self.norm), self.embedding)


def decode(options):
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    # Threads that look for work all the time slow each other down on a machine that others use too.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    torch.set_num_threads(options.threads)
    model = Llama(options.folder)
    start = torch.tensor([prompt(number, options.prompt, CONFIG["vocab_size"])
                          for number in range(options.batch)])
    walls, cpus = [], []
    with torch.inference_mode():
        for _ in range(options.runs + 1):
            wall, cpu = time.perf_counter(), time.process_time()
            cache, tokens, place, found = model.cache(options.batch), start, 0, []
            for _ in range(options.tokens):
                newest = model.logits(tokens, cache, place).argmax(-1, keepdim=True)
                place += tokens.shape[1]
                tokens = newest
                found.append(newest)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
    count = options.batch * options.tokens
    emit(batch=options.batch, tokensPerSecond=count / statistics.median(walls[1:]),
         bestPerSecond=count / min(walls[1:]),
         cpuMicrosecondsPerToken=1e6 * statistics.median(cpus[1:]) / count,
         answers=torch.cat(found, 1).tolist(), version=f"torch {torch.__version__}")


# Encoding


def byte_of_character():
    """GPT-2's alphabet: printable bytes are themselves, the others follow from 256 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {chr(byte): byte for byte in printable}
    table.update({chr(256 + place): byte for place, byte in enumerate(others)})
    return table


def encode(options):
    import tiktoken

    with open(options.tokenizer, encoding="utf-8") as file:
        described = json.load(file)
    added = {token["content"] for token in described["added_tokens"]}
    table = byte_of_character()
    ranks = {bytes(table[c] for c in text): number
             for text, number in described["model"]["vocab"].items() if text not in added}
    encoding = tiktoken.Encoding(
        "bench", pat_str=GPT2, mergeable_ranks=ranks, special_tokens={})
    texts = []
    with open(options.file, encoding="utf-8") as file:
        if ".jsonl" in options.file:
            texts = [json.loads(line)["text"] for line in file]
        else:
            texts = [file.read()]
    size = sum(len(text.encode()) for text in texts)
    check = 0
    for text in texts:
        for number in encoding.encode_ordinary(text):
            check = (check * 0x9E3779B97F4A7C15 + number) & (1 << 64) - 1
    cpus = []
    for _ in range(options.runs):
        cpu, tokens = time.thread_time(), 0
        for text in texts:
            tokens += len(encoding.encode_ordinary(text))
        cpus.append(time.thread_time() - cpu)
    emit(texts=len(texts), bytes=size, tokens=tokens, check=f"{check:x}",
         megabytesPerCPUSecond=size / 1e6 / statistics.median(cpus),
         best=size / 1e6 / min(cpus), version=f"tiktoken {tiktoken.__version__}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("make").add_argument("folder")
    decoding = commands.add_parser("decode")
    decoding.add_argument("folder")
    decoding.add_argument("--batch", type=int, default=1)
    decoding.add_argument("--prompt", type=int, default=16)
    decoding.add_argument("--tokens", type=int, default=240)
    decoding.add_argument("--threads", type=int, default=os.cpu_count())
    decoding.add_argument("--runs", type=int, default=5)
    encoding = commands.add_parser("encode")
    encoding.add_argument("tokenizer")
    encoding.add_argument("file")
    encoding.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    if options.command == "make":
        make(options.folder)
    elif options.command == "decode":
        decode(options)
    else:
        encode(options)


if __name__ == "__main__":
    main()
