package main

import (
	"fmt"
	"os"
	"path/filepath"

	_ "github.com/clinflow/clinflow/stages/tokenize/hf"
)

// llamaFiles are those of the folder that a peer reads: the first that is there.
var llamaFiles = map[string][]string{
	"gigatoken":     {"tokenizer.json", "tokenizer.json.gz"},
	"hf_tokenizers": {"tokenizer.json", "tokenizer.json.gz"},
	"sentencepiece": {"tokenizer.model"},
}

// llamaPeers encodes texts by LLaMA's vocabulary: with new encoders, and again with
// those (warm).
func llamaPeers(o peerOptions) (map[string]float64, error) {
	if o.texts == "" {
		return nil, nil
	}
	texts, err := readTexts(o.texts)
	if err != nil {
		return nil, err
	}
	ours, err := speedOf(o.tokenizer, texts)
	if err != nil {
		return nil, err
	}
	told := map[string]float64{
		"llama_encode_texts": float64(len(texts)), "llama_encode_tokens": float64(ours.tokens),
		"llama_encode_s": ours.cold, "llama_encode_warm_s": ours.warm,
	}
	for name, files := range llamaFiles {
		file := filepath.Join(o.tokenizer, files[0])
		for i := 1; i < len(files) && !exists(file); i++ {
			file = filepath.Join(o.tokenizer, files[i])
		}
		answer, err := askPeer(o.python, name, file, texts)
		if err != nil {
			return nil, err
		}
		if answer == nil {
			continue
		}
		if answer.Digest != ours.digest {
			return nil, fmt.Errorf("%s: other ids than ours", name)
		}
		key := "llama_encode_vs_" + name
		told[key], told[key+"_warm"] = answer.Cold/ours.cold, answer.Warm/ours.warm
		told[key+"_s"], told[key+"_warm_s"] = answer.Cold, answer.Warm
	}
	return told, nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
