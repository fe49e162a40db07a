"""Tiny LLaMAs and the options of LoRA."""

import peft
import transformers

from . import Base, Case


def llama(**extra):
    config = transformers.LlamaConfig(**dict(
        hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=4,
        vocab_size=40, max_position_embeddings=32, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    ) | extra)
    return Base(config, transformers.LlamaForCausalLM, transformers.LlamaForSequenceClassification, transformers.LlamaForCausalLM)


BASES = {
    "llama": llama(),
    "llama_grouped": llama(num_key_value_heads=2),
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
