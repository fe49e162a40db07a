package llama

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/jsonfile"
)

// harmless are keys of config.json that do not change what these models compute: names,
// labels and types that transformers and its versions note down, outputs that may be
// asked for, and settings of generation, which config.json had before
// generation_config.json was.
var harmless = []string{
	"_attn_implementation", "_attn_implementation_autoset", "_commit_hash", "_flash_attn_2_enabled", "_name_or_path",
	"architectures", "attn_implementation", "chunk_size_feed_forward", "dtype", "finetuning_task", "id2label",
	"is_encoder_decoder", "label2id", "max_sequence_length", "num_labels", "output_attentions", "output_hidden_states",
	"pretraining_tp", "problem_type", "return_dict", "task_specific_params", "tokenizer_class", "torch_dtype", "torchscript",
	"transformers.js_config", "transformers_version", "unsloth_fixed", "unsloth_version", "use_bfloat16", "use_cache",

	"assistant_confidence_threshold", "assistant_lookbehind", "bad_words_ids", "begin_suppress_tokens", "diversity_penalty",
	"do_sample", "early_stopping", "encoder_no_repeat_ngram_size", "encoder_repetition_penalty", "epsilon_cutoff",
	"eta_cutoff", "exponential_decay_length_penalty", "forced_bos_token_id", "forced_eos_token_id", "length_penalty",
	"max_length", "min_length", "no_repeat_ngram_size", "num_assistant_tokens", "num_assistant_tokens_schedule",
	"num_beam_groups", "num_beams", "num_return_sequences", "output_scores", "remove_invalid_values", "repetition_penalty",
	"return_dict_in_generate", "suppress_tokens", "target_lookbehind", "temperature", "top_k", "top_p", "typical_p",
}

// refuseKeys refuses the keys of a class' config.json that could change what is computed
// without anybody noticing: one that is set and that nothing here knows, whoever wrote it
// computed with something, and null where transformers takes none.
func refuseKeys(class Class, data []byte) error {
	var keys map[string]json.RawMessage
	if err := jsonfile.Unmarshal(data, &keys); err != nil {
		return err
	}
	file := reflect.TypeFor[configFile]()
	for i := range file.NumField() {
		field := file.Field(i)
		key := field.Tag.Get("json")
		raw, given := keys[key]
		if !class.reads(field.Tag.Get("of")) {
			continue
		}
		delete(keys, key)
		if given && string(raw) == "null" && !class.takesNull(key, field.Type.Kind()) {
			return fmt.Errorf("%s: is null; give the value that the model was trained with", key)
		}
	}
	if unknown := unknownKeys(keys); len(unknown) > 0 {
		return fmt.Errorf("%s: this program does not know what it is for in a model of type %s; take it out of the file if the model computes the same without it", strings.Join(unknown, ", "), class)
	}
	return nil
}

// takesNull says whether a key of a field of that kind may be null.
func (c Class) takesNull(key string, kind reflect.Kind) bool {
	return slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, kind) && !slices.Contains(classes[c].demanded, key)
}

// unknownKeys are those that are set and do more than harmless ones.
func unknownKeys(keys map[string]json.RawMessage) (unknown []string) {
	for key, raw := range keys {
		if jsonfile.IsSet(raw) && !slices.Contains(harmless, key) {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	return unknown
}
