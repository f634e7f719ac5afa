#!/usr/bin/env python3
"""The peer of Scripts/bench/unlearning: steps in PyTorch, as a careful person has them.

  unlearning.py OBJECTIVE [--batch 16] [--sequence 256] [--threads N] [--steps 5]

OBJECTIVE is graddiff, npo or rmu: a batch to forget and one as large to retain, AdamW, a Llama of
13.8 million weights. As published code has it the frozen reference of npo, and of rmu's retained
batch, is asked in every step; rmu's forward passes end behind its block. Prints one line of JSON.
"""
import argparse
import os
import statistics
import time

from models import CONFIG, emit, shapes

BLOCK = 3  # of rmu, from 0
BETA = 0.1
LENGTH = 6.5  # of rmu's target


class Llama:
    """Weights, and the streams behind the first blocks or the last norm."""

    def __init__(self, torch, tensors):
        self.torch, self.tensors = torch, tensors
        self.heads = CONFIG["num_attention_heads"]
        self.width = CONFIG["hidden_size"] // self.heads
        half = torch.arange(0, self.width, 2).float() / self.width
        angles = torch.arange(CONFIG["max_position_embeddings"]).float()[:, None]
        angles = angles * CONFIG["rope_theta"] ** -half
        self.cos, self.sin = angles.cos(), angles.sin()

    def normed(self, x, name):
        return self.torch.nn.functional.rms_norm(
            x, (x.shape[-1],), self.tensors[name], CONFIG["rms_norm_eps"])

    def turned(self, x, count):
        a, b = x.chunk(2, -1)
        cos, sin = self.cos[:count], self.sin[:count]
        return self.torch.cat((a * cos - b * sin, a * sin + b * cos), -1)

    def stream(self, tokens, blocks=CONFIG["num_hidden_layers"]):
        functions, tensors = self.torch.nn.functional, self.tensors
        batch, count = tokens.shape
        x = functions.embedding(tokens, tensors["model.embed_tokens.weight"])
        for layer in range(blocks):
            name = f"model.layers.{layer}."
            h = self.normed(x, name + "input_layernorm.weight")
            q, k, v = (
                functions.linear(h, tensors[f"{name}self_attn.{one}_proj.weight"])
                .view(batch, count, self.heads, self.width).transpose(1, 2) for one in "qkv")
            mixed = functions.scaled_dot_product_attention(
                self.turned(q, count), self.turned(k, count), v, is_causal=True)
            x = x + functions.linear(
                mixed.transpose(1, 2).reshape(batch, count, -1),
                tensors[name + "self_attn.o_proj.weight"])
            h = self.normed(x, name + "post_attention_layernorm.weight")
            gate = functions.silu(functions.linear(h, tensors[name + "mlp.gate_proj.weight"]))
            x = x + functions.linear(
                gate * functions.linear(h, tensors[name + "mlp.up_proj.weight"]),
                tensors[name + "mlp.down_proj.weight"])
        return x

    def losses(self, tokens):
        """The negative log-likelihood of every token but the first: [B, T - 1]."""
        hidden = self.normed(self.stream(tokens)[:, :-1], "model.norm.weight")
        logits = self.torch.nn.functional.linear(
            hidden, self.tensors["model.embed_tokens.weight"])
        losses = self.torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")
        return losses.view(tokens.shape[0], -1)


def objective(name, torch, model, reference, direction, forget, retain):
    if name == "graddiff":
        return model.losses(retain).mean() - model.losses(forget).mean()
    if name == "npo":
        with torch.no_grad():
            before = reference.losses(forget).sum(1)
        now = model.losses(forget).sum(1)
        loss = -2 / BETA * torch.nn.functional.logsigmoid(BETA * (now - before)).mean()
        return loss + model.losses(retain).mean()
    with torch.no_grad():
        before = reference.stream(retain, BLOCK + 1)
    steered = (model.stream(forget, BLOCK + 1) - LENGTH * direction).square().mean()
    return steered + (model.stream(retain, BLOCK + 1) - before).square().mean()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("objective", choices=["graddiff", "npo", "rmu"])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--sequence", type=int, default=256)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--steps", type=int, default=5)
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    frozen = {name: torch.ones(shape) if len(shape) == 1 else torch.randn(shape) * 0.02
              for name, shape in shapes()}
    trained = {name: value.clone().requires_grad_() for name, value in frozen.items()}
    model, reference = Llama(torch, trained), Llama(torch, frozen)
    direction = torch.rand(CONFIG["hidden_size"])
    direction /= direction.norm()
    adam = torch.optim.AdamW(trained.values(), lr=1e-5, weight_decay=0, fused=True)
    walls, cpus = [], []
    for _ in range(options.steps + 1):
        forget, retain = torch.randint(
            CONFIG["vocab_size"], (2, options.batch, options.sequence)).unbind(0)
        wall, cpu = time.perf_counter(), time.process_time()
        loss = objective(
            options.objective, torch, model, reference, direction, forget, retain)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    count = 2 * options.batch * options.sequence
    emit(objective=options.objective, tokensPerSecond=count / statistics.median(walls[1:]),
         tokensPerProcessorSecond=count / statistics.median(cpus[1:]), loss=loss.item(),
         version=f"torch {torch.__version__}")


if __name__ == "__main__":
    main()
