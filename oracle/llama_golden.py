"""Golden values of a tiny LLaMA from transformers and peft, in float64.

Run from the repository root: python oracle/llama_golden.py
Writes stages/train/model/testdata/llama and stages/train/checkpoint/testdata.
Weights are representable in float32, so the saved models are exact; every
computation is float64 (transformers' own float32 steps in the norm, the rotary
embedding and the loss are replaced by the same formulas in float64; main checks
them against the untouched float32 model).

Beside oracle/peft_golden.py, whose cases are of every architecture and method to
float32's accuracy, this is one LLaMA to float64's, the same in shards, tied and under
two adapters at once, and files of every dtype.
"""

import json
import pathlib
import shutil
import warnings

import peft
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from transformers.models.llama import modeling_llama

ROOT = pathlib.Path(__file__).resolve().parent.parent / "stages" / "train"
OUT = ROOT / "model" / "testdata" / "llama"
PAD = 0
BATCH_SEED = 14  # gives rows of three lengths and both classes
WEIGHTS = [0.7, 1.9]  # class weights of the weighted cross-entropy

CONFIG = dict(
    hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, vocab_size=64, max_position_embeddings=64, rms_norm_eps=1e-5,
    rope_theta=10000.0, tie_word_embeddings=False, bos_token_id=1, eos_token_id=2, pad_token_id=PAD,
)


def exact_norm(self, x):
    return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))


def exact_rope(self, x, position_ids):
    dim = self.config.head_dim
    inv_freq = 1.0 / (CONFIG["rope_theta"] ** (torch.arange(0, dim, 2, dtype=torch.float64) / dim))
    angle = position_ids[..., None].double() * inv_freq
    both = torch.cat((angle, angle), dim=-1)
    return both.cos(), both.sin()


def use_float64():
    modeling_llama.LlamaRMSNorm.forward = exact_norm
    modeling_llama.LlamaRotaryEmbedding.forward = exact_rope


def randomise(parameters, generator, std):
    """Gives parameters values that float32 holds exactly."""
    for name, p in parameters:
        values = torch.randn(p.shape, generator=generator, dtype=torch.float64) * std
        if "norm" in name:
            values = 1 + values
        p.data.copy_(values.float().double())


def base(cls, **extra):
    torch.manual_seed(1)
    config = transformers.LlamaConfig(**{**CONFIG, **extra}, attn_implementation="sdpa")
    model = cls(config).double()
    randomise([(n, p) for n, p in model.named_parameters() if n != "score.weight"],
              torch.Generator().manual_seed(2), 0.25)
    return model.eval()


def lora(model, task, seed, **extra):
    config = peft.LoraConfig(task_type=task, r=4, lora_alpha=8, lora_dropout=0.0,
                             target_modules=["q_proj", "v_proj"], **extra)
    model = peft.get_peft_model(model, config, autocast_adapter_dtype=False).double()
    trained = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    randomise(trained, torch.Generator().manual_seed(seed), 0.2)
    return model.eval()


def rows(count, columns, seed):
    """Right-padded rows of different lengths; the first row is full."""
    g = torch.Generator().manual_seed(seed)
    ids = torch.randint(3, CONFIG["vocab_size"], (count, columns), generator=g)
    lengths = torch.randint(2, columns + 1, (count,), generator=g)
    lengths[0] = columns
    ids[:, 0] = CONFIG["bos_token_id"]
    mask = torch.arange(columns) < lengths[:, None]
    ids[~mask] = PAD
    classes = torch.randint(0, 2, (count,), generator=g)
    return dict(input_ids=ids, attention_mask=mask.long(), classes=classes)


def lm_loss(logits, batch):
    """Mean over the real next tokens of the batch."""
    targets = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
    return F.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), targets[:, 1:].reshape(-1))


def class_loss(logits, batch, weight=None):
    return F.cross_entropy(logits, batch["classes"], weight=weight)


def multilabel_loss(logits, batch):
    """Both classes as labels of their own: {c} and, for even rows, class 0."""
    return F.binary_cross_entropy_with_logits(logits, multihot(batch))


def multihot(batch):
    hot = F.one_hot(batch["classes"], 2).double()
    hot[::2, 0] = 1
    return hot


def logits_of(model, batch):
    return model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits


def real(logits, batch):
    """Zeroes the rows of padding, which nobody may read."""
    return logits * batch["attention_mask"][..., None]


def short(name):
    """The tensor's name in PEFT's file."""
    return name.replace(".default", "").replace("modules_to_save.", "")


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {short(n): p.grad.clone() for n, p in model.named_parameters() if p.requires_grad}


def plain(batch):
    return {k: v.tolist() for k, v in batch.items()}


def save_adapter(model, name, *others):
    """Saves a model's adapters: the default one, and each other in a folder of its name."""
    model.save_pretrained(OUT / name)
    (OUT / name / "README.md").unlink()  # a model card without content
    for path in [OUT / name, *(OUT / name / other for other in others)]:
        tidy(path / "adapter_config.json")


def tidy(path):
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = "llama"
    config["target_modules"].sort()  # a set's order changes from run to run
    config["modules_to_save"] = sorted(config["modules_to_save"] or []) or None
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def language_model(golden, tensors, batch):
    plain_model = base(transformers.LlamaForCausalLM)
    plain_model.float().save_pretrained(OUT / "hf")
    (OUT / "hf" / "generation_config.json").unlink(missing_ok=True)
    plain_model = base(transformers.LlamaForCausalLM)
    tensors["base.logits"] = real(logits_of(plain_model, batch), batch)

    model = lora(base(transformers.LlamaForCausalLM), "CAUSAL_LM", 3)
    save_adapter(model.float(), "lora_lm")
    model = model.double()
    logits = logits_of(model, batch)
    loss = lm_loss(logits, batch)
    golden["lm_loss"] = loss.item()
    tensors["lm.logits"] = real(logits, batch)
    tensors.update({"lm.grad." + n: g for n, g in gradients(model, loss).items()})

    every = base(transformers.LlamaForCausalLM)
    loss = lm_loss(logits_of(every, batch), batch)
    golden["full_loss"] = loss.item()
    tensors.update({"full.grad." + n: g for n, g in gradients(every, loss).items()})


def sharded(tensors, batch):
    """The model in bfloat16 over several files, as large models come."""
    model = base(transformers.LlamaForCausalLM).bfloat16()
    model.save_pretrained(OUT / "sharded", max_shard_size="20KB")
    (OUT / "sharded" / "generation_config.json").unlink(missing_ok=True)
    tensors["sharded.logits"] = real(logits_of(model.double(), batch), batch)


def classifier(golden, tensors, batch):
    model = lora(base(transformers.LlamaForSequenceClassification, num_labels=2), "SEQ_CLS", 4)
    save_adapter(model.float(), "lora_cls")
    model = model.double()
    logits = logits_of(model, batch)
    tensors["cls.logits"] = logits
    golden["multihot"] = multihot(batch).tolist()
    weighted = lambda l, b: class_loss(l, b, torch.tensor(WEIGHTS, dtype=torch.float64))
    for name, loss_of in [("cls", class_loss), ("weighted", weighted), ("multilabel", multilabel_loss)]:
        loss = loss_of(logits_of(model, batch), batch)
        golden[name + "_loss"] = loss.item()
        tensors.update({f"{name}.grad.{n}": g for n, g in gradients(model, loss).items()})


def stacked(tensors, batch):
    """Two adapters at once, a classifier's and beside it in clinical/ a language
    model's: as saved by PEFT, whose logits must be those of a model into whose
    weights the clinical one was merged."""
    first = lora(base(transformers.LlamaForSequenceClassification, num_labels=2), None, 3)
    merged = lora(first.merge_and_unload(), "SEQ_CLS", 4)
    tensors["stacked.logits"] = logits_of(merged, batch)
    assert (tensors["stacked.logits"] - tensors["cls.logits"]).abs().max() > 1e-2

    model = lora(base(transformers.LlamaForSequenceClassification, num_labels=2), "SEQ_CLS", 4)
    config = peft.LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"])
    peft.PeftModel.add_adapter(model, "clinical", config)  # the class of classifiers would add a head
    model = model.double()
    clinical = [(n, p) for n, p in model.named_parameters() if ".clinical." in n]
    randomise(clinical, torch.Generator().manual_seed(3), 0.2)
    model.base_model.set_adapter(["default", "clinical"])
    assert (logits_of(model.eval(), batch) - tensors["stacked.logits"]).abs().max() < 1e-12
    save_adapter(model.float(), "stacked", "clinical")


def tied(tensors, batch):
    model = base(transformers.LlamaForCausalLM, tie_word_embeddings=True)
    loss = lm_loss(logits_of(model, batch), batch)
    tensors["tied.logits"] = real(logits_of(model, batch), batch)
    tensors.update({"tied.grad." + n: g for n, g in gradients(model, loss).items() if "embed" in n})


def checkpoints():
    """A file with every readable dtype beside the same values in F64, and one in F32."""
    out = ROOT / "checkpoint" / "testdata"
    out.mkdir(parents=True, exist_ok=True)
    g = torch.Generator().manual_seed(5)
    values = torch.randn((5, 7), generator=g, dtype=torch.float64)
    special = torch.tensor([0.0, -0.0, 1.0, -2.5, 6e-8, -6.1e-5, 65504.0, float("inf"), -float("inf")])
    tensors = {}
    for name, dtype in [("f64", torch.float64), ("f32", torch.float32), ("f16", torch.float16), ("bf16", torch.bfloat16)]:
        for case, value in [("normal", values), ("special", special), ("scalar", values[1, 2]), ("empty", values[:0])]:
            tensors[f"{name}.{case}"] = value.to(dtype).contiguous().clone()
            tensors[f"{name}.{case}.want"] = value.to(dtype).double().contiguous().clone()
    tensors["position_ids"] = torch.arange(3)
    save_file(tensors, out / "dtypes.safetensors")
    written = {"b.weight": values.float(), "a.weight": values[0].float().clone(), "é": values[:1, :1].float().clone(), "empty": values[:0].float()}
    save_file(written, out / "written.safetensors", metadata={"format": "pt"})


def main():
    warnings.simplefilter("ignore")
    shutil.rmtree(OUT, ignore_errors=True)
    batch = rows(3, 12, seed=BATCH_SEED)
    assert len(set(batch["classes"].tolist())) == 2 and len(set(batch["attention_mask"].sum(1).tolist())) == 3
    golden, tensors = {}, {}
    float32_logits = real(logits_of(base(transformers.LlamaForCausalLM).float(), batch), batch).double()
    use_float64()
    language_model(golden, tensors, batch)
    sharded(tensors, batch)
    classifier(golden, tensors, batch)
    stacked(tensors, batch)
    tied(tensors, batch)
    error = (float32_logits - tensors["base.logits"]).abs().max() / tensors["base.logits"].abs().max()
    assert error < 1e-5, f"the float64 formulas differ from transformers' own: {error}"
    golden |= dict(batch=plain(batch), class_weights=WEIGHTS)
    (OUT / "golden.json").write_text(json.dumps(golden) + "\n")
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, OUT / "golden.safetensors")
    checkpoints()


if __name__ == "__main__":
    main()
