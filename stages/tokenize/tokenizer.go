// Package tokenize holds the stages that train tokenizers and turn notes and texts
// into token ids.
package tokenize

import (
	"context"
	"fmt"
	"sync"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
	_ "github.com/clinflow/clinflow/stages/tokenize/wordpiece" // a kind of tokenizer
)

// Options say how a text becomes input_ids, as transformers' tokenizers do with
// truncation=True: special tokens count towards max_length and are never cut off.
// Nothing is padded. The path of the tokenizer names tokenizer.Files.
type Options struct {
	Tokenizer      string `json:"tokenizer,omitempty" path:"tokenizer.model,tokenizer.json,vocab.txt,vocab.json,merges.txt,tokenizer_config.json,special_tokens_map.json,added_tokens.json,config.json" doc:"Hugging Face folder with a tokenizer (tokenizer.json, tokenizer.model or vocab.txt; docs/tokenizers.md), in place of the port tokenizer; added tokens are heeded"`
	MaxLength      int    `json:"max_length" default:"128" unit:"tokens" min:"1" doc:"longest input_ids, special tokens included; what a longer text has more is left out"`
	TruncationSide string `json:"truncation_side,omitempty" enum:"right,left" doc:"the end at which a longer text is cut; left out, that which the tokenizer's folder says, right where it says none"`
	AddBOS         *bool  `json:"add_bos,omitempty" doc:"begin with the tokenizer's BOS token, [CLS] for BERT; left out, with what the tokenizer's folder puts there: BOS for LLaMA, [CLS] for BERT, nothing for GPT-2"`
	AddEOS         *bool  `json:"add_eos,omitempty" doc:"end with the tokenizer's EOS token, [SEP] for BERT; left out, with what the tokenizer's folder puts there: nothing for LLaMA, [SEP] for BERT"`
}

// tokenizerPort is the port that Options.Tokenizer may stand in for.
var tokenizerPort = stages.Port{
	Name: "tokenizer", Kind: stages.KindTokenizer, Optional: true,
	Doc: "the tokenizer, unless its folder is given by the key tokenizer",
}

// encoding makes input_ids of texts. Its tokenizer is opened once and shared by the
// parts that one process works on; each part takes an encoder of its own.
type encoding struct {
	options   Options
	load      sync.Once
	err       error // of load
	tokenizer tokenizer.Tokenizer
	around    around
	encoders  sync.Pool // of tokenizer.Encoder
}

func newEncoding(o Options) *encoding { return &encoding{options: o} }

// encoder returns an encoder for one part; give it back with t.encoders.Put.
func (t *encoding) encoder(ctx context.Context, in stages.Inputs) (tokenizer.Encoder, error) {
	t.load.Do(func() { t.err = t.open(ctx, in.One(tokenizerPort.Name)) })
	if t.err != nil {
		return nil, t.err
	}
	if e, ok := t.encoders.Get().(tokenizer.Encoder); ok {
		return e, nil
	}
	return t.tokenizer.NewEncoder(), nil
}

func (t *encoding) open(ctx context.Context, bound *dataset.Dataset) (err error) {
	if err := t.one(bound != nil); err != nil {
		return err
	}
	var dir store.Dir
	if bound != nil {
		dir, err = bound.Dir(), bound.CheckFiles(ctx)
	} else {
		dir, err = store.Open(t.options.Tokenizer)
	}
	if err != nil {
		return err
	}
	if t.tokenizer, err = tokenizer.Open(ctx, dir); err != nil {
		return err
	}
	if t.around, err = t.options.around(t.tokenizer.Special()); err != nil {
		return exit.Errorf(exit.Usage, "%s: %w", dir.URI(), err)
	}
	return nil
}

// around is what comes before and after a text's ids, and where they are cut.
type around struct {
	before, after []int32
	left          bool // the beginning of a long text is left out, not its end
}

// around puts together what the options say, and for keys that are left out the
// tokenizer's folder.
func (o Options) around(of tokenizer.Special) (a around, err error) {
	if a.before, err = asked("add_bos", o.AddBOS, of.AddBOS, of.BOS); err != nil {
		return a, err
	}
	if a.after, err = asked("add_eos", o.AddEOS, of.AddEOS, of.EOS); err != nil {
		return a, err
	}
	a.left = o.TruncationSide == "left" || o.TruncationSide == "" && of.CutLeft
	if n := len(a.before) + len(a.after); o.MaxLength <= n {
		return a, fmt.Errorf("max_length %d leaves no room beside BOS and EOS; raise it", o.MaxLength)
	}
	return a, nil
}

// asked is the token at one end of a text, or none: as the key says where it is
// given, else as the folder does.
func asked(key string, given *bool, folder bool, token int32) ([]int32, error) {
	add := folder
	if given != nil {
		add = *given
	}
	switch {
	case !add:
		return nil, nil
	case token < 0:
		return nil, fmt.Errorf("%s: the tokenizer lacks the token asked for; set the key to false", key)
	}
	return []int32{token}, nil
}

// one says whether there is one tokenizer.
func (t *encoding) one(bound bool) error {
	switch given := t.options.Tokenizer != ""; {
	case bound && given:
		return exit.Errorf(exit.Usage, "tokenizer: is given as a step and as a path; give one")
	case !bound && !given:
		return exit.Errorf(exit.Usage, "tokenizer: is missing; bind a tokenizer to the port or give the path of its folder")
	default:
		return nil
	}
}

// Check opens a tokenizer that is given by its path.
func (t *encoding) Check(ctx context.Context, in stages.Givers) []stages.Fault {
	bound := in.One(tokenizerPort.Name) != nil
	if err := t.one(bound); bound || err != nil {
		return stages.FaultOf("tokenizer", err)
	}
	return stages.FaultOf("tokenizer", t.open(ctx, nil))
}

// Vocabulary is the number of tokens of a tokenizer that Check opened, else 0.
func (t *encoding) Vocabulary() int {
	if t.tokenizer == nil {
		return 0
	}
	return t.tokenizer.Size()
}
