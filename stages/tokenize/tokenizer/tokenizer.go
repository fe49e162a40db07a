// Package tokenizer says what a tokenizer is: the interface that the stages use,
// and the kinds of tokenizer that are known, one package each, which register
// themselves. A tokenizer comes as a Hugging Face folder.
package tokenizer

import (
	"errors"
	"slices"

	"github.com/clinflow/clinflow/dataset"
)

// Tokenizer turns text into ids and back. It is immutable and may be shared by
// goroutines.
type Tokenizer interface {
	// NewEncoder returns an encoder for one goroutine.
	NewEncoder() Encoder
	// Decode turns ids back into text; special tokens stand for none. An id that is
	// not in [0, Size) is an error of exit.BadData that gives its index.
	Decode(ids []int32) (string, error)
	// Special are the ids of the tokens that stand for no text.
	Special() Special
	// Size is the number of tokens, added ones included: ids are in [0, Size).
	Size() int
	// Save writes the files from which transformers' AutoTokenizer, and Open, load
	// the same tokenizer.
	Save(out *dataset.Writer) error
}

// Encoder turns texts into ids, one after the other. It may keep buffers, so it
// belongs to one goroutine.
type Encoder interface {
	// Encode appends the first limit ids of text to dst, without BOS and EOS. They
	// are those with which all ids of the text begin. The rest of a long text need
	// not be looked at. Any bytes are a text; an empty one has no ids.
	Encode(dst []int32, text string, limit int) []int32
}

// Special are the ids of special tokens, -1 where a tokenizer has none of a sort, and
// what the folder says of a whole text's input_ids.
type Special struct {
	BOS int32 // begins a sequence: <s> of LLaMA, [CLS] of BERT
	EOS int32 // ends a sequence: </s> of LLaMA, [SEP] of BERT
	Pad int32 // fills a batch up
	// AddBOS and AddEOS say whether the folder's own post-processor puts them around
	// a text.
	AddBOS, AddEOS bool
	// CutLeft says that the folder's truncation_side is left: a long text loses its
	// beginning, not its end.
	CutLeft bool
}

// Around takes the ids that a post-processor puts before and after a text: BOS and EOS,
// also where no key names them. Others are an error.
func (s *Special) Around(before, after []int32) error {
	if s.BOS < 0 && len(before) == 1 {
		s.BOS = before[0]
	}
	if s.EOS < 0 && len(after) == 1 {
		s.EOS = after[0]
	}
	s.AddBOS, s.AddEOS = len(before) > 0, len(after) > 0
	if s.AddBOS && !slices.Equal(before, []int32{s.BOS}) || s.AddEOS && !slices.Equal(after, []int32{s.EOS}) {
		return errors.New("tokenizer.json: post_processor: puts other tokens around a text than bos_token (cls_token) before it and eos_token (sep_token) behind it; this is not supported")
	}
	return nil
}
