package model

import (
	"context"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Inspector answers questions about a frozen model, one sequence at a time.
type Inspector struct {
	model   *Model
	dir     string
	special SpecialTokens // the model's, with what generation_config.json changes of them
	answers map[answerKey]*answer
}

// answer is a compiled graph of one length.
type answer struct {
	machine *graph.Machine
	logits  *graph.Node
}

type answerKey struct {
	question question
	seq      int
}

// question is what a graph computes.
type question int

const (
	everyToken question = iota // the next token's scores at each position
	nextToken                  // after the last position only
	classes                    // the classification head
)

// lengthStep is the multiple that lengths are rounded up to, so that a text that
// grows token by token needs few graphs.
const lengthStep = 32

// Inspect opens a model folder with any number of adapter folders; their updates
// add up.
func Inspect(ctx context.Context, b kernel.Backend, dir string, adapters []string) (*Inspector, error) {
	m, err := WithAdapters(ctx, b, dir, adapters)
	if err != nil {
		return nil, err
	}
	return &Inspector{model: m, dir: dir, special: m.base.Special(), answers: map[answerKey]*answer{}}, nil
}

// WithAdapters opens a frozen base model with any number of adapter folders.
func WithAdapters(ctx context.Context, b kernel.Backend, base string, adapters []string) (*Model, error) {
	m, err := Open(ctx, b, base, graph.Frozen)
	if err != nil {
		return nil, err
	}
	for i, dir := range adapters {
		if _, err := m.LoadAdapter(ctx, fmt.Sprintf("adapter%d", i), dir, graph.Frozen); err != nil {
			m.Close()
			return nil, err
		}
	}
	return m, nil
}

func (in *Inspector) limits() Limits { return in.model.Limits() }

// Close frees the model.
func (in *Inspector) Close() {
	for _, a := range in.answers {
		a.machine.Close()
	}
	in.model.Close()
}

// Logits returns the scores of the next token after each of ids:
// [len(ids), vocabulary]. Where an adapter has a classification head, its scores
// of the whole sequence instead: [1, labels].
func (in *Inspector) Logits(ids []int32) ([][]float32, error) {
	if in.model.adapters.Head() != nil {
		return in.ask(classes, in.model.Pooled(ids))
	}
	return in.ask(everyToken, ids)
}

// Generate continues prompt, which must not be empty (the BOS token alone stands
// for no prompt), always with the likeliest token, the lowest id of equals. It
// returns at most steps tokens and ends before BOS or EOS. An adapter that has a
// classification head is exit.Usage.
func (in *Inspector) Generate(prompt []int32, steps int) ([]int32, error) {
	if in.model.adapters.Head() != nil {
		return nil, exit.Errorf(exit.Usage, "an adapter has a classification head: it was trained to tell labels, not to write; give one of a language model")
	}
	ids := append([]int32{}, prompt...)
	for range steps {
		scores, err := in.ask(nextToken, ids)
		if err != nil {
			return nil, err
		}
		next := argmax(scores[0])
		if in.special.IsEnd(next) {
			break
		}
		ids = append(ids, next)
	}
	return ids[len(prompt):], nil
}

func argmax(scores []float32) int32 {
	best := 0
	for i, s := range scores {
		if s > scores[best] {
			best = i
		}
	}
	return int32(best)
}

// ask runs one sequence through the graph of a question.
func (in *Inspector) ask(q question, ids []int32) ([][]float32, error) {
	if err := errors.Join(in.limits().CheckIDs(ids), in.limits().CheckLength(len(ids))); err != nil {
		return nil, err
	}
	a, seq, err := in.answer(q, len(ids))
	if err != nil {
		return nil, err
	}
	padded := make([]int32, seq)
	copy(padded, ids)
	if _, err := a.machine.Run(graph.Batch{InputIDs: padded, Lengths: []int32{int32(len(ids))}}); err != nil {
		return nil, err
	}
	values := make([]float32, a.logits.Rows()*a.logits.Cols())
	if err := a.machine.Read(a.logits, kernel.F32s(values)); err != nil {
		return nil, err
	}
	if !Finite(values) {
		return nil, exit.Errorf(exit.BadData, "the logits are not finite, though every weight is: the model's numbers grow beyond float32")
	}
	rows := make([][]float32, min(a.logits.Rows(), len(ids)))
	for i := range rows {
		rows[i] = values[i*a.logits.Cols() : (i+1)*a.logits.Cols()]
	}
	return rows, nil
}

// answer returns the graph for a length, and the length it is compiled for.
func (in *Inspector) answer(q question, length int) (*answer, int, error) {
	seq := min((length+lengthStep-1)/lengthStep*lengthStep, in.limits().Longest())
	key := answerKey{q, seq}
	if a := in.answers[key]; a != nil {
		return a, seq, nil
	}
	g, err := in.model.Graph(graph.Options{Batch: 1, Seq: seq})
	if err != nil {
		return nil, 0, err
	}
	logits, err := in.model.answerTo(q, g)
	if err != nil {
		return nil, 0, err
	}
	a := &answer{logits: g.Output(logits)}
	if a.machine, err = g.Compile(); err != nil {
		return nil, 0, err
	}
	in.answers[key] = a
	return a, seq, nil
}

func (m *Model) answerTo(q question, g *graph.Graph) (*graph.Node, error) {
	switch q {
	case everyToken:
		return m.LMLogits(g)
	case nextToken:
		return m.NextLogits(g)
	default:
		return m.ClassLogits(g)
	}
}
