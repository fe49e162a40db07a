"""Tiny LLaMAs and the options of LoRA."""

import peft
import transformers

from . import Base, Case, Variant


def llama(**extra):
    config = transformers.LlamaConfig(**dict(
        hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=4,
        vocab_size=40, max_position_embeddings=32, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    ) | extra)
    return Base(config, transformers.LlamaForCausalLM, transformers.LlamaForSequenceClassification, transformers.LlamaForCausalLM)


BASES = {
    "llama": llama(),
    "llama_grouped": llama(num_key_value_heads=2),
    "llama_tied": llama(tie_word_embeddings=True),
}


def lora(task, **options):
    return lambda: peft.LoraConfig(task_type=task, **dict(r=2, lora_alpha=4, target_modules=["q_proj", "v_proj"]) | options)


CASES = {
    "llama_full": Case("llama"),
    "llama_grouped_full": Case("llama_grouped"),
    "lora": Case("llama_grouped", lora("CAUSAL_LM")),
    "lora_multi_head": Case("llama", lora("CAUSAL_LM")),
    "lora_left": Case("llama_grouped", lora("CAUSAL_LM"), pad="left"),
    "lora_softmax": Case("llama_grouped", lora("SEQ_CLS"), task="softmax"),
    "lora_softmax_left": Case("llama_grouped", lora("SEQ_CLS"), task="softmax", pad="left"),
    "lora_sigmoid": Case("llama_grouped", lora("SEQ_CLS"), task="sigmoid"),
}

# Options of LoraConfig, one or a few at a time.
OPTIONS = {
    "default_targets": dict(target_modules=None),
    "all_linear": dict(target_modules="all-linear"),
    "pattern": dict(target_modules=r".*\.0\.(self_attn\.[qk]|mlp\.down)_proj"),
    "excluded": dict(target_modules="all-linear", exclude_modules=["mlp.up_proj", "model.layers.1.self_attn.q_proj"]),
    "excluded_pattern": dict(exclude_modules=r".*\.1\..*"),
    "layers": dict(layers_to_transform=[1]),
    "layers_pattern": dict(layers_to_transform=0, layers_pattern="layers", target_modules=["o_proj", "model.layers.1.self_attn.k_proj"]),
    "rslora": dict(use_rslora=True, r=3),
    "rank_pattern": dict(rank_pattern={r"layers\.0\..*_proj": 3, "q_proj": 1}, alpha_pattern={r".*\.0\..*": 1.5, "v_proj": 7}),
    "rank_pattern_rslora": dict(rank_pattern={"q_proj": 5}, alpha_pattern={r"layers\.1\.self_attn\.q_proj": 9}, use_rslora=True),
    "norms": dict(modules_to_save=["norm"]),
    "embeddings": dict(modules_to_save=["embed_tokens", "lm_head"]),
    "feed_forward": dict(modules_to_save=["mlp"], target_modules="all-linear"),
    "dropout": dict(lora_dropout=0.3),
}
CASES |= {f"lora_{name}": Case("llama_grouped", lora("CAUSAL_LM", **options)) for name, options in OPTIONS.items()}
CASES |= {
    "lora_bias_all": Case("llama_biased", lora("CAUSAL_LM", bias="all")),
    "lora_bias_lora_only": Case("llama_biased", lora("CAUSAL_LM", bias="lora_only", target_modules=["q_proj", "down_proj"])),
    "lora_softmax_embeddings": Case("llama_tied", lora("SEQ_CLS", modules_to_save=["embed_tokens"]), task="softmax"),
    "lora_sigmoid_bias_all": Case("llama_biased", lora("SEQ_CLS", bias="all", modules_to_save=["k_proj", "model.norm"]), task="sigmoid"),
    "head_alone": Case("llama_grouped", lora("SEQ_CLS", target_modules="dummy-target-modules"), task="softmax"),
    "head_alone_norm": Case("llama_grouped", lora("SEQ_CLS", target_modules="dummy-target-modules", modules_to_save=["model.norm"]), task="softmax"),
}

BERTS = {
    "default_targets": dict(target_modules=None),
    "all_linear": dict(target_modules="all-linear", layers_to_transform=None),
    "layers": dict(target_modules=["dense"], layers_to_transform=[1], layers_pattern=["layer"]),
    "bias_all": dict(target_modules=["value", "pooler.dense"], bias="all"),
    "bias_lora_only": dict(target_modules=["query", "intermediate.dense"], bias="lora_only"),
    "modules": dict(target_modules="all-linear", modules_to_save=["pooler", "LayerNorm", "word_embeddings"]),
    "modules_bias_all": dict(target_modules=["query"], modules_to_save=["pooler", "LayerNorm"], bias="all"),
    "head_alone": dict(target_modules="dummy-target-modules", modules_to_save=["attention.self"]),
}
CASES |= {f"bert_lora_{name}": Case("bert", lora("SEQ_CLS", **options), task="softmax") for name, options in BERTS.items()}
CASES["bert_full_head"] = Case("bert", lora("SEQ_CLS", target_modules="dummy-target-modules"), task="softmax", full=True)


def changed(field="", adapter="lora", drop=(), **keys):
    """adapter_config.json of a case with other values."""
    return Variant(CASES[adapter].base, keys, drop, field, adapter, "adapter_config.json")


VARIANTS = {
    "LoRA as it is": changed(),
    "another alpha": changed(lora_alpha=1.5),
    "alpha zero": changed(lora_alpha=0),
    "no alpha": changed(drop=("lora_alpha",)),
    "alpha null": changed(lora_alpha=None),
    "another rank": changed(r=3, field="lora_A"),
    "rank zero": changed(r=0, field="r: is 0"),
    "rank null": changed(r=None, field="r: is null"),
    "dropout": changed(lora_dropout=0.5),
    "dropout of all": changed(lora_dropout=1.0),
    "dropout null": changed(lora_dropout=None),
    "rsLoRA": changed(use_rslora=True),
    "rsLoRA null": changed(use_rslora=None),
    "ranks by pattern": changed(r=8, rank_pattern={"q_proj": 2, r".*\.v_proj": 2}),
    "a wrong rank by pattern": changed(rank_pattern={"q_proj": 3}, field="lora_A"),
    "a rank by pattern of zero": changed(rank_pattern={"q_proj": 0}),
    "a rank by pattern of no layer": changed(rank_pattern={"k_proj": 7}),
    "ranks by pattern null": changed(rank_pattern=None),
    "alphas by pattern": changed(alpha_pattern={"v_proj": 9, "_proj": 1}),
    "alphas by pattern, first match": changed(alpha_pattern={r"layers\.0\..*": 1, "q_proj": 3}),
    "alphas by pattern, not sorted": changed(alpha_pattern={"q_proj": 3, r"layers\.0\..*": 1}),
    "alphas by pattern, a group": changed(alpha_pattern={"q_proj|v_proj": 3}),
    "alphas by pattern that look ahead": changed(alpha_pattern={"(?=v)v_proj": 9}),
    "alphas by pattern null": changed(alpha_pattern=None),
    "targets null": changed(target_modules=None),
    "targets left out": changed(drop=("target_modules",)),
    "targets empty": changed(target_modules=[]),
    "targets in full": changed(target_modules=[f"model.layers.{i}.self_attn.{p}_proj" for i in range(2) for p in "qv"]),
    "targets by pattern": changed(target_modules=r".*self_attn\.(q|v)_proj"),
    "targets by pattern of one layer": changed(target_modules=r"model\.layers\.1\..*[qv]_proj", field="target_modules"),
    "targets by pattern that looks ahead": changed(target_modules=r".*\.(?!k|o|gate|up|down)[a-z]+_proj"),
    "targets by pattern with a reference": changed(target_modules=r".*(_)a(t)\2n\.[qv]\1proj"),
    "targets by pattern with a POSIX class": changed(target_modules=r".*self_attn\.[[:alpha:]]_proj"),
    "targets by pattern, repeated up to": changed(target_modules=r".*self_attn\.[qv]_p{,1}roj"),
    "targets by pattern of a module": changed(target_modules=r".*self_attn.*"),
    "targets by pattern of an activation": changed(target_modules=r".*(q_proj|v_proj|act_fn)"),
    "targets by pattern of the head": changed(target_modules=r".*[qv]_proj|lm_head"),
    "targets by a word": changed(target_modules="q_proj"),
    "targets of all": changed(target_modules="all-linear", field="lora_A"),
    "targets more": changed(target_modules=["q_proj", "v_proj", "k_proj"], field="lora_A"),
    "targets fewer": changed(target_modules=["q_proj"]),
    "targets and a name of none": changed(target_modules=["q_proj", "v_proj", "query"]),
    "targets a module": changed(target_modules=["q_proj", "v_proj", "mlp"]),
    "targets the embedding": changed(target_modules=["q_proj", "v_proj", "embed_tokens"]),
    "targets nothing": changed(target_modules="dummy-target-modules"),
    "excluded, not targeted": changed(exclude_modules=["k_proj"]),
    "excluded": changed(exclude_modules=["v_proj"], field="target_modules"),
    "excluded of more": changed(target_modules="all-linear", exclude_modules=r".*(k_proj|o_proj|mlp.*)"),
    "excluded all": changed(exclude_modules=r".*"),
    "excluded by a pattern that looks back": changed(exclude_modules=r".*(?<!q)_proj"),
    "layers, all": changed(layers_to_transform=[0, 1]),
    "layers, none named": changed(layers_to_transform=[]),
    "layers, one": changed(layers_to_transform=1, field="target_modules"),
    "layers of a pattern": changed(layers_to_transform=[0, 1], layers_pattern="layers"),
    "layers of another pattern": changed(layers_to_transform=[0, 1], layers_pattern=["h"], field="target_modules"),
    "layers of a pattern alone": changed(layers_pattern="layers"),
    "layers beside a pattern of targets": changed(target_modules=r".*[qv]_proj", layers_to_transform=[0], field="layers_to_transform"),
    "biases where there are none": changed(bias="all"),
    "biases of targets where there are none": changed(bias="lora_only"),
    "biases that are not in the file": changed(bias="all", adapter="lora_bias_lora_only", field="bias"),
    "biases not read": changed(bias="none", adapter="lora_bias_all", field="bias"),
    "biases of some": changed(bias="some"),
    "biases null": changed(bias=None),
    "saved modules that are not in the file": changed(modules_to_save=["norm"], field="norm.weight"),
    "saved modules not read": changed(modules_to_save=None, adapter="lora_norms", field="norm.weight"),
    "saved modules of no name": changed(modules_to_save=["norm", "nothing"], adapter="lora_norms", field="modules_to_save"),
    "saved modules, one named twice": changed(modules_to_save=["norm", "input_layernorm"], adapter="lora_norms"),
    "saved modules that are targets": changed(modules_to_save=["q_proj"], field="q_proj"),
    "a head of a language model": changed(modules_to_save=["score"]),
    "a head without a task": changed(adapter="lora_softmax", task_type=None),
    "a head that is not listed": changed(adapter="lora_softmax", modules_to_save=None, field="score.weight"),
    "another task": changed(task_type="SEQ_2_SEQ_LM"),
    "no task": changed(task_type=None),
    "DoRA": changed(use_dora=True),
    "weights the other way round": changed(fan_in_fan_out=True),
    "biases of the update": changed(lora_bias=True),
    "layers repeated": changed(layer_replication=[[0, 2], [1, 2]]),
    "parameters as targets": changed(target_parameters=["mlp.up_proj.weight"]),
    "tokens that are trained": changed(trainable_token_indices=[1, 2]),
    "a LoRA from a token on": changed(alora_invocation_tokens=[3]),
    "QALoRA": changed(use_qalora=True),
    "begun by gaussian": changed(init_lora_weights="gaussian"),
    "begun by false": changed(init_lora_weights=False),
    "begun by pissa": changed(init_lora_weights="pissa"),
    "begun by olora": changed(init_lora_weights="olora"),
    "begun by tomorrow's": changed(init_lora_weights="tomorrow"),
    "LoftQ left over": changed(loftq_config=dict(loftq_bits=4)),
    "harmless": changed(inference_mode=False, revision="main", peft_version="0.6.0", megatron_core="megatron.core", auto_mapping=None,
                        runtime_config=dict(ephemeral_gpu_offload=True), qalora_group_size=8),
    "a key of tomorrow": changed(of_tomorrow=1),
    "IA3": changed(peft_type="IA3"),
    "LoHa": changed(peft_type="LOHA"),
    "BERT's targets null": changed(adapter="bert_lora_default_targets", target_modules=None),
    "BERT's layers": changed(adapter="bert_lora_layers", layers_pattern=["encoder.layer"]),
    "BERT's targets by pattern of a dropout": changed(adapter="bert_lora_default_targets", target_modules=r".*(query|value|output\.dropout)"),
}
