"""LoRA steps of transformers and PEFT on one card, bf16, for bench/gpu.

usage: peer.py FOLDER

FOLDER holds job.json, the configurations of the model and the adapter that are timed
(timed/), and a small model with its adapter (base/, adapter/) to train on job.json's
batches. A line of JSON is printed for each result as it is found; what cannot be
measured is told on stderr.
"""

import json
import pathlib
import signal
import statistics
import sys
import time
import warnings

import peft
import torch
import transformers

FOLDER = pathlib.Path(sys.argv[1])
JOB = json.loads((FOLDER / "job.json").read_text())
CARD = torch.cuda.is_available()
DEVICE = torch.device("cuda", JOB["device"]) if CARD else torch.device("cpu")
END = time.monotonic() + JOB["seconds"]
RESULTS, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no result


def give(**result):
    print(json.dumps(result), file=RESULTS, flush=True)


def say(text):
    print(time.strftime("%H:%M:%S"), "peer:", text, file=sys.stderr, flush=True)


def stop(*_):
    raise TimeoutError("the time for the peer is over")


def attempt(what, measure):
    """The result of measure; None where it fails or takes too long.

    Code that swallows exceptions (torch's callbacks) may swallow the alarm: it rings again
    every second. Nothing is begun once the time is over.
    """
    left = END - time.monotonic()
    if left <= 0:
        say(f"{what} is not measured: the time for the peer is over")
        return None
    signal.setitimer(signal.ITIMER_REAL, left, 1.0)
    try:
        say(what)
        return measure()
    except Exception as e:  # any: torch.compile wraps what goes wrong in errors of its own
        say(f"{what} is not measured: {type(e).__name__}: {str(e).strip().partition(chr(10))[0]}")
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def step(model, optimizer, ids, autocast=False):
    """One whole step; the loss's value waits for the card as a training log does."""
    optimizer.zero_grad()
    with torch.autocast(DEVICE.type, dtype=torch.bfloat16, enabled=autocast):
        loss = model(input_ids=ids, labels=ids, use_cache=False).loss
    loss.backward()
    optimizer.step()
    return loss.item()


def adamw(model, **settings):
    return torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], **settings)


def losses():
    """The curve of the small model: bf16 weights, the adapter in float32 as PEFT keeps it."""
    base = transformers.LlamaForCausalLM.from_pretrained(
        FOLDER / "base", dtype=torch.bfloat16, attn_implementation="sdpa").to(DEVICE)
    model = peft.PeftModel.from_pretrained(base, FOLDER / "adapter", is_trainable=True).train()
    optimizer = adamw(model, lr=JOB["rate"], betas=(0.9, 0.999), eps=1e-8, weight_decay=JOB["decay"])
    return [step(model, optimizer, torch.tensor(ids, device=DEVICE)) for ids in JOB["ids"]]


def timed_model():
    """A model of random weights, made on the card: nothing is downloaded."""
    config = transformers.LlamaConfig.from_pretrained(FOLDER / "timed", attn_implementation="sdpa")
    torch.set_default_dtype(torch.bfloat16)
    with DEVICE:
        base = transformers.LlamaForCausalLM(config)
    torch.set_default_dtype(torch.float32)
    lora = peft.PeftConfig.from_pretrained(FOLDER / "timed")
    lora.inference_mode = False
    model = peft.get_peft_model(base, lora).train()
    for p in model.parameters():
        assert p.device.type == DEVICE.type and p.dtype == (torch.float32 if p.requires_grad else torch.bfloat16)
    return model


def wait():
    if CARD:
        torch.cuda.synchronize()


def speed(model, batch, seq, variant):
    """The median time of a step in ms and the most memory that tensors took, in bytes."""
    torch._dynamo.reset()
    if variant == "compiled":
        model = torch.compile(model, dynamic=False)  # compiled for this one shape, as ours is
    optimizer = adamw(model, lr=1e-4)
    ids = torch.randint(0, model.config.vocab_size, (batch, seq), device=DEVICE)
    if CARD:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    times = []
    for n in range(JOB["warm"] + JOB["timed"]):
        wait()
        start = time.perf_counter()
        step(model, optimizer, ids, autocast=variant == "autocast")  # as transformers' Trainer does
        wait()
        times.append(time.perf_counter() - start)
    say(f"the first step took {times[0]:.1f} s, then {sorted(times[JOB['warm']:])[0]:.4f} s at best")
    return {"ms": 1e3 * statistics.median(times[JOB["warm"]:]), "memory": torch.cuda.max_memory_allocated() if CARD else 0}


def main():
    if not CARD and not JOB["without_card"]:
        sys.exit("torch sees no card")
    if CARD:
        torch.cuda.set_device(DEVICE)
    signal.signal(signal.SIGALRM, stop)
    warnings.simplefilter("ignore", FutureWarning)
    torch.manual_seed(1)
    give(versions={"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__})
    curve = attempt("losses", losses)
    if curve:
        give(losses=curve)
    model = attempt("make the model", timed_model)
    for variant in ("eager", "autocast", "compiled"):
        for place, (batch, seq) in enumerate(JOB["batches"] if model else []):
            found = attempt(f"{batch} × {seq}, {variant}", lambda: speed(model, batch, seq, variant))
            if found:
                give(speed={"place": place, "variant": variant, **found})


main()
