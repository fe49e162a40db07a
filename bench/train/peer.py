"""One LoRA training step of transformers and PEFT on one thread, float32.

usage: peer.py MODEL BATCH SEQ VOCABULARY RANK TARGETS SECONDS

Prints {"tokens_per_s": …} of the fastest step of the faster attention.
"""

import json
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaForCausalLM


def fastest(model, ids, seconds):
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    best, begin, steps = float("inf"), time.perf_counter(), 0
    while steps < 5 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        optimizer.zero_grad()
        loss = model(input_ids=ids, labels=ids, use_cache=False).loss
        loss.backward()
        optimizer.step()
        loss.item()
        took = time.perf_counter() - start
        if steps >= 2:
            best = min(best, took)
        steps += 1
    return best


def main():
    folder, batch, seq, vocabulary, rank = sys.argv[1], *map(int, sys.argv[2:6])
    targets, seconds = sys.argv[6].split(","), float(sys.argv[7])
    torch.set_num_threads(1)
    torch.manual_seed(1)
    ids = torch.randint(0, vocabulary, (batch, seq))
    best = float("inf")
    for attention in ("sdpa", "eager"):
        base = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation=attention)
        lora = LoraConfig(r=rank, lora_alpha=16, lora_dropout=0.0, target_modules=targets, task_type="CAUSAL_LM")
        best = min(best, fastest(get_peft_model(base, lora).train(), ids, seconds))
    print(json.dumps({"tokens_per_s": batch * seq / best}))


main()
