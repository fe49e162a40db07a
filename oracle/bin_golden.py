"""Writes stages/train/checkpoint/testdata/bin/: files as torch.save writes them, in both of its
formats, and golden.json, what torch reads of them or the name for which each is to be refused.
Writes the tiny LLaMA and its adapter in stages/train/model/testdata/llama/ once more as .bin.
Keys of the old format are addresses, so another run gives other bytes with the same tensors.

    python oracle/bin_golden.py
"""

import argparse
import base64
import collections
import decimal
import json
import os
import shutil

import safetensors.torch
import torch

LLAMA = os.path.join(os.path.dirname(__file__), "..", "stages", "train", "model", "testdata", "llama")
OUT = os.path.join(os.path.dirname(__file__), "..", "stages", "train", "checkpoint", "testdata", "bin")
DTYPES = {
    torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64", torch.int64: "I64", torch.int32: "I32",
    torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL", torch.uint16: "U16", torch.float8_e4m3fn: "F8_E4M3",
}


def tensors():
    """Tensors of every kind that a state_dict may hold."""
    torch.manual_seed(0)
    a, big = torch.randn(3, 4), torch.randn(4, 3, 5)
    tied = torch.randn(2, 3)
    return collections.OrderedDict(
        [
            ("a.weight", a), ("half", torch.randn(5).half()), ("brain", torch.randn(2, 2).bfloat16()), ("double", torch.randn(3).double()),
            ("scalar", torch.tensor(0.5)), ("empty", torch.zeros(0, 3)), ("one", torch.randn(1, 1, 1)),
            ("tied", tied), ("tied.too", tied), ("tied.transposed", tied.t()), ("tied.row", tied[1]), ("tied.column", tied[:, 1]),
            ("part", big[1:3, :, ::2]), ("permuted", big.permute(2, 0, 1)), ("narrow", a[:, 1:3].unsqueeze(1)), ("half.transposed", torch.randn(3, 2).half().t()),
            ("LayerNorm.gamma", torch.nn.Parameter(torch.ones(3))), ("frozen", torch.nn.Parameter(torch.randn(2), requires_grad=False)),
            ("position_ids", torch.arange(6).expand(1, -1)), ("mask", torch.tensor([True, False])), ("i32", torch.arange(3, dtype=torch.int32)),
            ("i16", torch.arange(3, dtype=torch.int16)), ("i8", torch.arange(3, dtype=torch.int8)), ("u8", torch.arange(3, dtype=torch.uint8)),
        ]
    )


def newer():
    """Types of numbers that torch itself reads in a zip archive alone."""
    return {"u16": torch.arange(3).to(torch.uint16), "f8": torch.randn(3).to(torch.float8_e4m3fn), "w": torch.ones(2)}


def module():
    """The state_dict of a module, which carries versions as attributes, one parameter with an attribute of its own."""
    m = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2))
    state = m.state_dict(keep_vars=True)
    state["0.bias"].tensor_model_parallel = False
    return state


class Runs:
    def __reduce__(self):
        return os.system, ("true",)


# What is to be refused, by the name in the pickle or the key that is no tensor.
REFUSED = {
    "runs": ({"w": Runs()}, "posix.system"),
    "namespace": ({"args": argparse.Namespace(lr=1), "w": torch.ones(1)}, "argparse.Namespace"),
    "decimal": ({"w": decimal.Decimal(1)}, "decimal.Decimal"),
    "whole": (torch.nn.Linear(1, 1), "torch.nn.modules.linear.Linear"),
    "sparse": ({"w": torch.eye(2).to_sparse()}, "torch._utils._rebuild_sparse_tensor"),
    "quantized": ({"w": torch.quantize_per_tensor(torch.ones(1), 0.1, 0, torch.qint8)}, "torch._utils._rebuild_qtensor"),
    "training": ({"epoch": 3, "state_dict": {"w": torch.ones(1)}}, '"epoch" is no tensor'),
    "list": ([torch.ones(1)], "no dict of tensors"),
    "negated": ({"w": torch.complex(torch.ones(2), torch.ones(2)).conj().imag}, "negates or conjugates"),
}


def told(state):
    """Every tensor's type, shape and bytes in row-major order."""
    out = {}
    for name, t in state.items():
        plain = torch.empty(t.numel(), dtype=t.dtype).copy_(t.detach().reshape(-1))
        raw = bytes(plain.view(torch.uint8).tolist())
        out[name] = {"dtype": DTYPES[t.dtype], "shape": list(t.shape), "bytes": base64.b64encode(raw).decode()}
    return out


def big_endian(path):
    """The old format says in its third pickle on what machine it was written."""
    with open(path, "rb") as f:
        data = bytearray(f.read())
    data[data.index(b"\x88", data.index(b"little_endian"))] = 0x89  # True becomes False
    with open(path, "wb") as f:
        f.write(data)


def llama(old):
    """The sharded model in one old file, with the buffers that old versions saved, and an adapter of old PEFT."""
    state = {}
    for shard in ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"):
        state.update(safetensors.torch.load_file(os.path.join(LLAMA, "sharded", shard)))
    state["model.layers.0.self_attn.rotary_emb.inv_freq"] = torch.arange(4.0)
    os.makedirs(os.path.join(LLAMA, "bin"), exist_ok=True)
    shutil.copy(os.path.join(LLAMA, "sharded", "config.json"), os.path.join(LLAMA, "bin"))
    torch.save(state, os.path.join(LLAMA, "bin", "pytorch_model.bin"), **old)
    os.makedirs(os.path.join(LLAMA, "lora_bin"), exist_ok=True)
    shutil.copy(os.path.join(LLAMA, "lora_lm", "adapter_config.json"), os.path.join(LLAMA, "lora_bin"))
    torch.save(safetensors.torch.load_file(os.path.join(LLAMA, "lora_lm", "adapter_model.safetensors")), os.path.join(LLAMA, "lora_bin", "adapter_model.bin"))


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    os.makedirs(OUT)
    cases = []

    def save(name, state, refused="", **options):
        path = os.path.join(OUT, name)
        torch.save(state, path, **options)
        case = {"file": name, "refused": refused}
        if not refused:
            case["tensors"] = told(torch.load(path, weights_only=False))
        cases.append(case)
        return path

    old = {"_use_new_zipfile_serialization": False}
    for name, options in {"zip": {}, "old": old, "zip4": {"pickle_protocol": 4}}.items():
        save(name + ".bin", tensors(), **options)
    save("newer.bin", newer())
    save("module.bin", module())
    save("module_old.bin", module(), **old)
    save("dict.bin", dict(module()))
    for name, (state, refused) in REFUSED.items():
        save(name + ".bin", state, refused, **({} if name in ("sparse", "whole") else old))
    cases.append({"file": "big_old.bin", "refused": "big-endian"})
    torch.save({"w": torch.ones(1)}, os.path.join(OUT, "big_old.bin"), **old)
    big_endian(os.path.join(OUT, "big_old.bin"))

    state = tensors()
    names = list(state)
    parts = {"pytorch_model-00001-of-00002.bin": names[:9], "pytorch_model-00002-of-00002.bin": names[9:]}
    os.makedirs(os.path.join(OUT, "sharded"))
    for file, part in parts.items():
        torch.save({n: state[n].clone() for n in part}, os.path.join(OUT, "sharded", file))
    index = {"metadata": {"total_size": 1}, "weight_map": {n: file for file, part in parts.items() for n in part}}
    with open(os.path.join(OUT, "sharded", "pytorch_model.bin.index.json"), "w") as f:
        json.dump(index, f, indent=1)
        f.write("\n")

    llama(old)

    with open(os.path.join(OUT, "golden.json"), "w") as f:
        json.dump(cases, f, indent=None, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main()
