// Package model opens models in the layout of Hugging Face folders and builds the graphs
// that compute with them and with adapters on them. Each architecture has a folder below,
// such as llama/, and registers itself under its model_type; what all have in common is
// here. A program that opens models imports the architectures for their side effect.
//
//	m, err := model.Open(ctx, backend, dir, graph.Frozen)
//	defer m.Close()
//	_, err = m.LoadAdapter(ctx, "clinical", clinicalDir, graph.Frozen)
//	task, err := m.AddAdapter("task", config, labels, seed)
//
//	g, err := m.Graph(graph.Options{Batch: 8, Seq: 128, Training: true, Seed: 7})
//	logits, err := m.ClassLogits(g)
//	g.Backward(g.CrossEntropy(g.Output(logits), nil))
//	machine, err := g.Compile()
package model

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
)

// Architecture is a base model's network: its parameters, and what it computes with them.
// Its graph calls an adapter.Method's hooks at the embedding, at each linear layer and at
// each attention.
type Architecture interface {
	// Params are the base's parameters, by Hugging Face's names; adapters add theirs.
	Params() *graph.Params
	// Base is what an adapter sees: the layers that it may target and their sizes.
	Base() adapter.Base
	// Limits are the longest sequence and the vocabulary.
	Limits() Limits
	// Special are the tokens that begin and end a text.
	Special() SpecialTokens
	// Hidden adds the last hidden states to a graph [batch·rows, hidden]: of each token,
	// and of what the hooks put in front of each sequence.
	Hidden(g *graph.Graph, hooks adapter.Method) *graph.Node
	// Drops says whether dropout of its own makes hidden states differ from step to step of
	// a training, though nothing under them is trained.
	Drops() bool
	// Pool makes of them what a classification head reads: [batch, hidden].
	Pool(g *graph.Graph, hooks adapter.Method, hidden *graph.Node) *graph.Node
	// Pooled is the part of a text that the head's answer depends on.
	Pooled(ids []int32) []int32
	// LanguageHead maps hidden states to scores of the next token [vocabulary, hidden]; nil
	// where the architecture predicts none.
	LanguageHead() *graph.Param
	// Files are the base's files with its present values: a Hugging Face folder.
	Files() []checkpoint.File
}

// Limits are what a model can take.
type Limits struct {
	Vocabulary int // token ids are below it
	Positions  int // tokens of the longest sequence
	Window     int // tokens of a sliding window, which no sequence may exceed; 0: none
	Virtual    int // positions that adapters take up before a text
}

// CheckIDs says whether ids can be looked up. A wrong id is named by its place
// only: tokens are as confidential as the text they stand for.
func (l Limits) CheckIDs(ids []int32) error {
	if len(ids) == 0 {
		return exit.Errorf(exit.BadData, "no token ids; give at least the BOS token")
	}
	for i, id := range ids {
		if id < 0 || int(id) >= l.Vocabulary {
			return exit.Errorf(exit.BadData, "token id at position %d is outside the vocabulary of %d; was the text encoded for another model?", i, l.Vocabulary)
		}
	}
	return nil
}

// Longest is how many tokens the longest text may have.
func (l Limits) Longest() int {
	tokens, _ := l.positions()
	return tokens - l.Virtual
}

// positions are those of the longest sequence, and the key of config.json that says so.
func (l Limits) positions() (tokens int, key string) {
	if l.Window > 0 && l.Window < l.Positions {
		return l.Window, "sliding_window"
	}
	return l.Positions, "max_position_embeddings"
}

// CheckLength says whether a text of that many tokens has positions enough.
func (l Limits) CheckLength(tokens int) error {
	positions, key := l.positions()
	switch {
	case tokens <= l.Longest():
		return nil
	case l.Virtual > 0:
		return exit.Errorf(exit.Usage, "sequences of %d tokens and %d virtual ones of the adapters are longer than the model's %s %d", tokens, l.Virtual, key, positions)
	default:
		return exit.Errorf(exit.Usage, "sequences of %d tokens are longer than the model's %s %d", tokens, key, positions)
	}
}

// Model is an architecture with adapters on it: parameters on a backend, from which
// graphs of any shape are built. It is used by one goroutine at a time.
type Model struct {
	base     Architecture
	folder   string // of the base's files, "" where it has none
	adapters adapter.Stack
}

// New is a model without adapters.
func New(base Architecture) *Model { return &Model{base: base} }

// Close frees the parameters and all that was computed with them.
func (m *Model) Close() { m.Params().Close() }

// Params returns the parameters of base and adapters. Those of the base have
// Hugging Face's names, an adapter's its own name and a slash before PEFT's.
func (m *Model) Params() *graph.Params { return m.base.Params() }

// Limits are what the model with its adapters can take.
func (m *Model) Limits() Limits {
	l := m.base.Limits()
	l.Virtual = m.adapters.VirtualTokens()
	return l
}

// Special are the tokens that begin and end a text.
func (m *Model) Special() SpecialTokens { return m.base.Special() }

// Width is the number of columns of a hidden state.
func (m *Model) Width() int { return m.base.Base().Hidden }

// Drops says whether a training sees other hidden states of a text at every step, though
// nothing under the head is trained.
func (m *Model) Drops() bool { return m.base.Drops() }

// Pooled is the part of a text that a classification head's answer depends on.
func (m *Model) Pooled(ids []int32) []int32 { return m.base.Pooled(ids) }

// Files are the base's files with its present values: a Hugging Face folder.
func (m *Model) Files() []checkpoint.File { return m.base.Files() }

// Base is what an adapter sees of the model.
func (m *Model) Base() adapter.Base {
	b := m.base.Base()
	b.Folder = m.folder
	return b
}

// LoadAdapter adds the PEFT adapter of a folder beside those the model has:
// their changes add up. name tells them apart.
func (m *Model) LoadAdapter(ctx context.Context, name, dir string, mode graph.Mode) (*adapter.Adapter, error) {
	a, err := adapter.Load(ctx, m.Params(), name, dir, m.Base(), mode)
	if err != nil {
		return nil, err
	}
	return a, m.attach(a, filepath.Clean(dir))
}

// AddAdapter adds a new trainable adapter with initial values drawn from seed;
// labels counts the rows of its head, where it has one.
func (m *Model) AddAdapter(name string, c adapter.Config, labels int, seed int64) (*adapter.Adapter, error) {
	a, err := adapter.New(m.Params(), name, c, m.Base(), labels, seed)
	if err != nil {
		return nil, err
	}
	return a, m.attach(a, name)
}

func (m *Model) attach(a *adapter.Adapter, place string) error {
	if a.Head != nil && m.adapters.Head() != nil {
		return exit.Errorf(exit.Usage, "adapter %s: the model has a classification head already; give one adapter with a head", place)
	}
	m.adapters = append(m.adapters, a)
	return nil
}

// Graph returns an empty graph over the model's parameters. A sequence longer
// than the model's positions is exit.Usage.
func (m *Model) Graph(o graph.Options) (*graph.Graph, error) {
	if err := m.Limits().CheckLength(o.Seq); err != nil {
		return nil, err
	}
	return graph.New(m.Params(), o), nil
}

// Pool adds what a classification head reads of each sequence: [batch, hidden].
func (m *Model) Pool(g *graph.Graph) *graph.Node { return m.base.Pool(g, m.adapters, m.hidden(g)) }

func (m *Model) hidden(g *graph.Graph) *graph.Node { return m.base.Hidden(g, m.adapters) }

var (
	errNoHead     = errors.New("the model has no classification head; add an adapter that has one")
	errNoLanguage = errors.New("the model predicts no next token; give one for causal language modelling, or an adapter with a classification head")
)

// ClassLogits are the scores of the classification head: [batch, labels].
func (m *Model) ClassLogits(g *graph.Graph) (*graph.Node, error) {
	head := m.adapters.Head()
	if head == nil {
		return nil, exit.With(exit.Usage, errNoHead)
	}
	return head.Logits(g, m.Pool(g)), nil
}

// LMLoss is the mean cross-entropy of each next token: a scalar.
func (m *Model) LMLoss(g *graph.Graph) (*graph.Node, error) {
	return m.language(func(head *graph.Param) *graph.Node { return g.LMLoss(m.hidden(g), head) })
}

// LMLogits are the scores of the next token at each position:
// [batch·seq, vocabulary].
func (m *Model) LMLogits(g *graph.Graph) (*graph.Node, error) {
	return m.language(func(head *graph.Param) *graph.Node { return g.Linear(g.Text(m.hidden(g)), head, nil) })
}

// NextLogits are the scores of the token after each sequence: [batch, vocabulary].
func (m *Model) NextLogits(g *graph.Graph) (*graph.Node, error) {
	return m.language(func(head *graph.Param) *graph.Node { return g.Linear(g.LastToken(m.hidden(g)), head, nil) })
}

func (m *Model) language(build func(head *graph.Param) *graph.Node) (*graph.Node, error) {
	head := m.base.LanguageHead()
	if head == nil {
		return nil, exit.With(exit.Usage, errNoLanguage)
	}
	return build(head), nil
}

// Finite says whether every value is a finite number.
func Finite(values []float32) bool {
	return !slices.ContainsFunc(values, func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) })
}
