#!/usr/bin/env python3
"""The peer of Scripts/bench/training and learning: PyTorch, as a careful person uses it.

  training.py steps --model llama-13m --batch 16 --sequence 256 --threads 4    on random tokens
  training.py learn FOLDER --train FILE --validation FILE ...                   a whole run

Each prints one line of JSON; messages go to stderr. Both need torch, `learn` tokenizers too.
"""
import argparse
import json
import math
import os
import statistics
import sys
import time

SHAPES = {
    "llama-1m": dict(llama=True, layers=4, width=128, heads=4, vocabulary=2048, context=256),
    "llama-13m": dict(llama=True, layers=6, width=384, heads=6, vocabulary=8192, context=256),
    "gpt2-124m": dict(llama=False, layers=12, width=768, heads=12, vocabulary=50257, context=1024)}


def prepare(threads):
    """Threads that look for work all the time slow each other down on a machine in use."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)


def model(llama, layers, width, heads, vocabulary, context, tied=True, inner=None):
    """A decoder whose queries, keys and values are one product, and whose attention is torch's."""
    import torch
    from torch import nn
    from torch.nn import functional as F

    inner = inner or ((8 * width // 3 + 31) // 32 * 32 if llama else 4 * width)

    class RMS(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(width))

        def forward(self, x):
            return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight

    def norm():
        return RMS() if llama else nn.LayerNorm(width)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = norm(), norm()
            self.joint = nn.Linear(width, 3 * width, bias=not llama)
            self.output = nn.Linear(width, width, bias=not llama)
            self.up = nn.Linear(width, inner, bias=not llama)
            self.gate = nn.Linear(width, inner, bias=False) if llama else None
            self.down = nn.Linear(inner, width, bias=not llama)

        def turned(self, x, cos, sin):
            a, b = x.chunk(2, -1)
            return torch.cat((a * cos - b * sin, a * sin + b * cos), -1)

        def forward(self, x, cos, sin):
            batch, count, _ = x.shape
            q, k, v = self.joint(self.first(x)).view(
                batch, count, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            if llama:
                q, k = self.turned(q, cos, sin), self.turned(k, cos, sin)
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.output(mixed.transpose(1, 2).reshape(batch, count, width))
            h = self.second(x)
            if llama:
                return x + self.down(F.silu(self.gate(h)) * self.up(h))
            return x + self.down(F.gelu(self.up(h), approximate="tanh"))

    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(vocabulary, width)
            self.positions = None if llama else nn.Embedding(context, width)
            self.blocks = nn.ModuleList(Block() for _ in range(layers))
            self.norm = norm()
            self.head = nn.Linear(width, vocabulary, bias=False)
            if tied:
                self.head.weight = self.embedding.weight
            for name, weight in self.named_parameters():
                if weight.dim() > 1:
                    ends = name.endswith(("output.weight", "down.weight"))
                    nn.init.normal_(weight, std=0.02 / math.sqrt(2 * layers) if ends else 0.02)
                elif name.endswith("bias"):
                    nn.init.zeros_(weight)
            half = torch.arange(0, width // heads, 2).float() * heads / width
            angles = torch.arange(context).float()[:, None] * 10_000.0 ** -half
            self.register_buffer("cos", angles.cos())
            self.register_buffer("sin", angles.sin())

        def forward(self, tokens):
            count = tokens.shape[1]
            x = self.embedding(tokens)
            if self.positions is not None:
                x = x + self.positions.weight[:count]
            for block in self.blocks:
                x = block(x, self.cos[:count], self.sin[:count])
            return self.head(self.norm(x))

    return Decoder()


def loss_of(decoder, tokens, targets, reduction="mean"):
    from torch.nn import functional as F

    logits = decoder(tokens)
    return F.cross_entropy(
        logits.view(-1, logits.shape[-1]), targets.reshape(-1), reduction=reduction)


def steps(options):
    prepare(options.threads)
    import torch

    shape = SHAPES[options.model]
    decoder = model(**shape)
    optimiser = torch.optim.AdamW(decoder.parameters(), lr=3e-4, weight_decay=0.1)
    walls, cpus, loss = [], [], None
    for _ in range(options.steps + 1):
        wall, cpu = time.perf_counter(), time.process_time()
        words = torch.randint(
            0, shape["vocabulary"], (options.batch, options.sequence + 1))
        optimiser.zero_grad(set_to_none=True)
        loss = loss_of(decoder, words[:, :-1].contiguous(), words[:, 1:].contiguous())
        loss.backward()
        optimiser.step()
        loss.item()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    tokens = options.batch * options.sequence
    wall, cpu = statistics.median(walls[1:]), statistics.median(cpus[1:])
    print(json.dumps({
        "model": options.model, "threads": options.threads, "stepSeconds": wall,
        "processorSeconds": cpu, "tokensPerSecond": tokens / wall,
        "tokensPerProcessorSecond": tokens / cpu, "loss": loss.item(),
        "parameters": sum(weight.numel() for weight in decoder.parameters()),
        "version": f"torch {torch.__version__}"}), flush=True)


# A whole run


def windows(path, tokenizer, length, end):
    """Sequences of T+1 tokens that share one with their neighbour, and what remains at the end."""
    import torch

    with open(path, encoding="utf-8") as file:
        tokens = tokenizer.encode(file.read()).ids
    tokens = torch.tensor(tokens + [end])
    whole = (len(tokens) - 1) // length
    rows = [tokens[i * length:i * length + length + 1] for i in range(whole)]
    return torch.stack(rows), tokens[whole * length:]


def share(step, count, warmup, final):
    if step <= warmup:
        return step / warmup
    fall = (1 - math.cos(math.pi * (step - warmup) / (count - warmup))) / 2
    return 1 - (1 - final) * fall


def learn(options):
    prepare(options.threads)
    import torch
    from tokenizers import Tokenizer

    with open(os.path.join(options.folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    tokenizer = Tokenizer.from_file(os.path.join(options.folder, "tokenizer.json"))
    end = config["eos_token_id"]
    end = end[0] if isinstance(end, list) else end
    train, rest = windows(options.train, tokenizer, options.sequence, end)
    validation, last = windows(options.validation, tokenizer, options.sequence, end)
    decoder = model(
        True, config["num_hidden_layers"], config["hidden_size"], config["num_attention_heads"],
        config["vocab_size"], config["max_position_embeddings"],
        tied=config["tie_word_embeddings"], inner=config["intermediate_size"])
    weights = list(decoder.parameters())
    optimiser = torch.optim.AdamW(
        [{"params": [w for w in weights if w.dim() > 1], "weight_decay": options.decay},
         {"params": [w for w in weights if w.dim() == 1], "weight_decay": 0.0}],
        lr=options.rate, betas=(0.9, 0.95), eps=1e-8)

    def measured():
        """The mean over all tokens that are predicted, as cordon's validation loss is."""
        total, count = 0.0, 0
        with torch.inference_mode():
            for part in [*validation.split(options.batch), last[None]]:
                if part.shape[1] > 1:
                    total += loss_of(decoder, part[:, :-1], part[:, 1:], "sum").item()
                    count += part[:, 1:].numel()
        return total / count, count

    order = torch.Generator().manual_seed(options.seed)
    torch.manual_seed(options.seed)
    queue, started, cpu = [], time.perf_counter(), time.process_time()
    curve = []
    for step in range(1, options.steps + 1):
        if len(queue) < options.batch:
            queue += torch.randperm(len(train), generator=order).tolist()
        words = train[queue[:options.batch]]
        queue = queue[options.batch:]
        for group in optimiser.param_groups:
            group["lr"] = options.rate * share(step, options.steps, options.warmup, options.final)
        optimiser.zero_grad(set_to_none=True)
        loss_of(decoder, words[:, :-1], words[:, 1:]).backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        if step % options.validate == 0 or step == options.steps:
            curve.append([step, measured()[0]])
            print(f"step {step}: validation loss {curve[-1][1]:.4f}", file=sys.stderr, flush=True)
    value, count = measured()
    print(json.dumps({
        "validation": value, "scored": count, "curve": curve, "sequences": len(train),
        "parameters": sum(weight.numel() for weight in weights),
        "seconds": time.perf_counter() - started, "cpuSeconds": time.process_time() - cpu,
        "version": f"torch {torch.__version__}"}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    stepping = commands.add_parser("steps")
    stepping.add_argument("--model", choices=SHAPES, default="llama-13m")
    stepping.add_argument("--batch", type=int, default=16)
    stepping.add_argument("--sequence", type=int, default=256)
    stepping.add_argument("--threads", type=int, default=os.cpu_count())
    stepping.add_argument("--steps", type=int, default=5)
    learning = commands.add_parser("learn")
    learning.add_argument("folder", help="a model of the same shape, with its tokenizer")
    learning.add_argument("--train", required=True)
    learning.add_argument("--validation", required=True)
    for name, kind in [("batch", int), ("sequence", int), ("steps", int), ("warmup", int),
                       ("validate", int), ("rate", float), ("final", float), ("decay", float)]:
        learning.add_argument(f"--{name}", type=kind, required=True)
    learning.add_argument("--threads", type=int, default=os.cpu_count())
    learning.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    (steps if options.command == "steps" else learn)(options)


if __name__ == "__main__":
    main()
