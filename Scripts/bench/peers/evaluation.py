#!/usr/bin/env python3
"""The peer of Scripts/bench/evaluation: multiple choice in PyTorch, the way lm-eval scores it.

  evaluation.py FOLDER ITEMS [--examples FILE --shots N] [--limit N] [--threads N]

FOLDER is a Llama of the shape of models.py with its tokenizer.json. Context and choice are encoded
as one text (`_encode_pair`), every choice is a full forward pass, batched longest first, filled up
at the end, with the logits of all tokens (`_loglikelihood_tokens`). A few batch sizes are tried on
the first items and the fastest is taken. Prints one line of JSON with the log-likelihoods. Needs
torch and tokenizers.
"""
import argparse
import json
import os
import time

from models import CONFIG, emit, load
from unlearning import Llama

BATCHES = [1, 4, 8, 16, 32]
TRIED = 8  # items that a batch size is tried on


def pair(tokenizer, context, continuation):
    kept = context.rstrip()
    continuation = context[len(kept):] + continuation
    before = tokenizer.encode(kept).ids
    return before, tokenizer.encode(kept + continuation).ids[len(before):]


def requests(tokenizer, items, shown):
    head = "".join(f"{item['question']} {item['choices'][item['answer']]}\n\n" for item in shown)
    return [[pair(tokenizer, head + item["question"], f" {choice}") for choice in item["choices"]]
            for item in items]


def logits(torch, model, tokens):
    hidden = model.normed(model.stream(tokens), "model.norm.weight")
    return torch.nn.functional.linear(hidden, model.tensors["model.embed_tokens.weight"])


def score(torch, model, wanted, size):
    """The log-likelihood of each continuation."""
    order = sorted(range(len(wanted)), key=lambda i: -len(wanted[i][0]) - len(wanted[i][1]))
    scores = [0.0] * len(wanted)
    for first in range(0, len(order), size):
        batch = order[first:first + size]
        inputs = [(wanted[i][0] + wanted[i][1])[:-1][-CONFIG["max_position_embeddings"]:]
                  for i in batch]
        longest = len(inputs[0])
        tokens = torch.tensor([one + [0] * (longest - len(one)) for one in inputs])
        found = torch.nn.functional.log_softmax(logits(torch, model, tokens), dim=-1)
        for row, (i, one) in enumerate(zip(batch, inputs)):
            own = torch.tensor(wanted[i][1])
            part = found[row, len(one) - len(own):len(one)]
            scores[i] = part.gather(1, own[:, None]).sum().item()
    return scores


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("items")
    parser.add_argument("--examples")
    parser.add_argument("--shots", type=int, default=0)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch
    from tokenizers import Tokenizer

    torch.set_num_threads(options.threads)
    with open(os.path.join(options.folder, "config.json"), encoding="utf-8") as file:
        CONFIG.update(json.load(file))
    model = Llama(torch, load(options.folder))
    tokenizer = Tokenizer.from_file(os.path.join(options.folder, "tokenizer.json"))

    def read(path, count):
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file][:count]

    items = read(options.items, options.limit)
    shown = read(options.examples, options.shots) if options.shots else []
    with torch.inference_mode():
        tried = sum(requests(tokenizer, items[:TRIED], shown), [])
        score(torch, model, tried[:4], 4)
        took = {}
        for size in BATCHES:
            start = time.perf_counter()
            score(torch, model, tried, size)
            took[size] = time.perf_counter() - start
        size = min(took, key=took.get)
        wall, cpu = time.perf_counter(), time.process_time()
        wanted = requests(tokenizer, items, shown)
        scores = score(torch, model, sum(wanted, []), size)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    ends = [0]
    for choices in wanted:
        ends.append(ends[-1] + len(choices))
    emit(items=len(items), seconds=wall, cpuSeconds=cpu, batch=size,
         contextTokens=sum(len(choices[0][0]) for choices in wanted) / len(wanted),
         choiceTokens=sum(len(one[1]) for one in sum(wanted, [])) / ends[-1],
         scores=[scores[first:end] for first, end in zip(ends, ends[1:])],
         version=f"torch {torch.__version__}")


if __name__ == "__main__":
    main()
