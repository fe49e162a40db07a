"""Tiny models of what LLaMA's family differs in: biases, stretched rotary embeddings,
Qwen2 and Mistral. The windows are as wide as the longest text: the widest case that is
not refused."""

import transformers

from . import Base, Case
from .lora import llama, lora

SIZES = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             vocab_size=40, max_position_embeddings=32, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2, pad_token_id=0)
# One frequency of eight is left as it is, two are in between, five are divided.
LLAMA3 = dict(rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=64)

BASES = {
    "llama_biased": llama(attention_bias=True, mlp_bias=True, num_key_value_heads=2),
    "llama3": llama(num_attention_heads=2, num_key_value_heads=1, head_dim=16, max_position_embeddings=512, rope_parameters=LLAMA3),
    "llama_linear": llama(rope_parameters=dict(rope_type="linear", rope_theta=500.0, factor=4.0)),
    "qwen2": Base(transformers.Qwen2Config(**SIZES, tie_word_embeddings=True, use_sliding_window=True, sliding_window=7, max_window_layers=1),
                  transformers.Qwen2ForCausalLM, transformers.Qwen2ForSequenceClassification, transformers.Qwen2ForCausalLM),
    "mistral": Base(transformers.MistralConfig(**SIZES, head_dim=8, sliding_window=7),
                    transformers.MistralForCausalLM, transformers.MistralForSequenceClassification, transformers.MistralForCausalLM),
}

CASES = {f"{base}_full": Case(base) for base in BASES}
CASES |= {f"{base}_lora": Case(base, lora("CAUSAL_LM", target_modules="all-linear")) for base in ("llama_biased", "qwen2")}
CASES |= {f"{base}_softmax": Case(base, lora("SEQ_CLS"), task="softmax") for base in BASES}
