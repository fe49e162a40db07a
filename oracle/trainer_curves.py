"""Losses of 50 optimizer steps of transformers' own Trainer, in float32 on the CPU.

Run from the repository root: python oracle/trainer_curves.py
Writes stages/train/trainer/testdata/curves.json. What is trained is what the cases of
oracle/peft_golden.py begin with (stages/train/parity/testdata); dropout is off.

Batches come in one order in every epoch, so that another program can follow, and the last
step of an epoch has fewer of them. Trainer's defaults are left as they are, but for one:
a classification loss is given as compute_loss_func, the mean over all rows of a step.
Trainer's own is the sum of its batches' means, as main checks at the first step.
"""

import json
import pathlib
import tempfile
import warnings

import peft
import torch
import torch.nn.functional as F
import transformers

import peft_cases
from peft_golden import LABELS, OUT, open_base

TO = OUT.parent.parent / "trainer" / "testdata" / "curves.json"
EPOCHS, BATCH, ROWS, ACCUMULATION = 10, 4, 54, 3  # 14 batches an epoch, which are 5 steps
SETTINGS = dict(warmup_ratio=0.11, weight_decay=0.1, max_grad_norm=1.0)
CASES = {"lora": 2e-2, "lora_softmax": 2e-2, "lora_sigmoid": 2e-2, "bert_lora": 2e-2, "bert_full_head": 5e-3}


def examples():
    """Texts of two to nine tokens, each with a class and a set of labels."""
    g = torch.Generator().manual_seed(5)
    lengths = torch.randint(2, 10, (ROWS,), generator=g).tolist()
    ids = [torch.randint(3, 40, (n,), generator=g).tolist() for n in lengths]
    classes = torch.randint(0, LABELS, (ROWS,), generator=g).tolist()
    sets = torch.randint(0, 2, (ROWS, LABELS), generator=g).float().tolist()
    return [dict(input_ids=i, label=c, labels=s) for i, c, s in zip(ids, classes, sets)]


def collate(task):
    def batch(rows):
        longest = max(len(row["input_ids"]) for row in rows)
        padded = lambda value, pad: torch.tensor([v + [pad] * (longest - len(v)) for v in value])
        ids = [row["input_ids"] for row in rows]
        labels = {
            "lm": lambda: padded(ids, -100),
            "softmax": lambda: torch.tensor([row["label"] for row in rows]),
            "sigmoid": lambda: torch.tensor([row["labels"] for row in rows]),
        }[task]()
        return dict(input_ids=padded(ids, 0), attention_mask=padded([[1] * len(i) for i in ids], 0), labels=labels)
    return batch


def softmax_loss(outputs, labels, num_items_in_batch):
    return F.cross_entropy(outputs.logits, labels, reduction="sum") / num_items_in_batch


def sigmoid_loss(outputs, labels, num_items_in_batch):
    return F.binary_cross_entropy_with_logits(outputs.logits, labels, reduction="sum") / num_items_in_batch


LOSSES = {"lm": None, "softmax": softmax_loss, "sigmoid": sigmoid_loss}


def opened(name, case):
    model = peft.PeftModel.from_pretrained(open_base(case), OUT / "cases" / name / "adapter", is_trainable=True)
    if case.full:
        model.requires_grad_(True)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model


def curve(name, rate, loss):
    """The loss of every step, as Trainer logs it."""
    case = peft_cases.cases()[name]
    with tempfile.TemporaryDirectory() as folder:
        settings = transformers.TrainingArguments(
            folder, num_train_epochs=EPOCHS, per_device_train_batch_size=BATCH, gradient_accumulation_steps=ACCUMULATION,
            learning_rate=rate, warmup_steps=SETTINGS["warmup_ratio"], weight_decay=SETTINGS["weight_decay"],
            max_grad_norm=SETTINGS["max_grad_norm"], train_sampling_strategy="sequential", remove_unused_columns=False,
            use_cpu=True, logging_steps=1, save_strategy="no", report_to=[], disable_tqdm=True)
        trainer = transformers.Trainer(opened(name, case), settings, train_dataset=examples(), data_collator=collate(case.task), compute_loss_func=loss)
        trainer.remove_callback(transformers.PrinterCallback)
        trainer.train()
    return [line["loss"] for line in trainer.state.log_history if "loss" in line]


def main():
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    curves = {}
    for name, rate in CASES.items():
        task = peft_cases.cases()[name].task
        losses = curve(name, rate, LOSSES[task])
        if task != "lm":
            own = curve(name, rate, None)
            assert 2.5 < own[0] / losses[0] < 3.5, "Trainer does not add up the means of a classification loss any more: say so in docs/recipes.md"
        curves[name] = dict(task=task, learning_rate=rate, losses=losses)
        print(name, losses[0], losses[-1])
    facts = dict(SETTINGS, batch_size=BATCH, accumulation=ACCUMULATION, epochs=EPOCHS, rows=examples(), curves=curves)
    TO.write_text(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main()
