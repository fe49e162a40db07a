package model

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/jsonfile"
)

// harmless are keys of config.json that do not change what a model computes: names,
// labels and types that transformers and its versions note down, outputs that may be
// asked for, and settings of generation, which config.json had before
// generation_config.json was.
var harmless = []string{
	"_attn_implementation", "_attn_implementation_autoset", "_commit_hash", "_flash_attn_2_enabled", "_name_or_path",
	"architectures", "attn_implementation", "chunk_size_feed_forward", "dtype", "finetuning_task", "id2label",
	"is_encoder_decoder", "is_llama_config", "label2id", "max_sequence_length", "num_labels", "output_attentions", "output_hidden_states",
	"pretraining_tp", "problem_type", "return_dict", "task_specific_params", "tokenizer_class", "torch_dtype", "torchscript",
	"transformers.js_config", "transformers_version", "unsloth_fixed", "unsloth_version", "use_bfloat16", "use_cache",

	"assistant_confidence_threshold", "assistant_lookbehind", "bad_words_ids", "begin_suppress_tokens", "diversity_penalty",
	"do_sample", "early_stopping", "encoder_no_repeat_ngram_size", "encoder_repetition_penalty", "epsilon_cutoff",
	"eta_cutoff", "exponential_decay_length_penalty", "forced_bos_token_id", "forced_eos_token_id", "length_penalty",
	"max_length", "min_length", "no_repeat_ngram_size", "num_assistant_tokens", "num_assistant_tokens_schedule",
	"num_beam_groups", "num_beams", "num_return_sequences", "output_scores", "remove_invalid_values", "repetition_penalty",
	"return_dict_in_generate", "suppress_tokens", "target_lookbehind", "temperature", "top_k", "top_p", "typical_p",
}

// Keys are those of config.json that an architecture reads.
type Keys struct {
	ModelType string
	// File is the struct that they are read into, by its json tags. A tag of names the
	// model types that have a key, where not all of the architecture's have it. null is
	// taken where the field can hold none.
	File reflect.Type
	// Demanded are keys that take no null, though their fields could hold it.
	Demanded []string
	// Harmless are keys that change nothing, beside those that change no model.
	Harmless []string
}

// Refuse refuses the keys of a config.json that could change what is computed without
// anybody noticing: one that is set and that nothing here knows, whoever wrote it computed
// with something, and null where transformers takes none.
func (k Keys) Refuse(data []byte) error {
	var keys map[string]json.RawMessage
	if err := jsonfile.Unmarshal(data, &keys); err != nil {
		return err
	}
	for i := range k.File.NumField() {
		field := k.File.Field(i)
		key := field.Tag.Get("json")
		raw, given := keys[key]
		if !k.reads(field.Tag.Get("of")) {
			continue
		}
		delete(keys, key)
		if given && string(raw) == "null" && !k.takesNull(key, field.Type.Kind()) {
			return fmt.Errorf("%s: is null; give the value that the model was trained with", key)
		}
	}
	if unknown := k.unknown(keys); len(unknown) > 0 {
		return fmt.Errorf("%s: this program does not know what it is for in a model of type %s; take it out of the file if the model computes the same without it", strings.Join(unknown, ", "), k.ModelType)
	}
	return nil
}

// reads says whether the model type has the key of a field whose tag is of, "" for all.
func (k Keys) reads(of string) bool {
	return of == "" || slices.Contains(strings.Fields(of), k.ModelType)
}

// takesNull says whether a key of a field of that kind may be null.
func (k Keys) takesNull(key string, kind reflect.Kind) bool {
	return slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, kind) && !slices.Contains(k.Demanded, key)
}

// unknown are those that are set and do more than harmless ones.
func (k Keys) unknown(keys map[string]json.RawMessage) (unknown []string) {
	for key, raw := range keys {
		if jsonfile.IsSet(raw) && !k.IsHarmless(key) {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// IsHarmless says whether a key changes nothing.
func (k Keys) IsHarmless(key string) bool {
	return slices.Contains(harmless, key) || slices.Contains(k.Harmless, key)
}
