package trainer

import (
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/dustin/go-humanize"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
)

// compiled is a graph ready to run. logits is the node that is read after a run, nil
// where only the loss is wanted.
type compiled struct {
	*graph.Machine
	logits *graph.Node
}

// graphs are the compiled graphs of one purpose, one for each padded length.
type graphs struct {
	options graph.Options // of all of them but Seq
	// build makes the graph of a shape and the node that is read from it.
	build    func(graph.Options) (*graph.Graph, *graph.Node, error)
	byLength map[int]compiled
}

func newGraphs(o graph.Options, build func(graph.Options) (*graph.Graph, *graph.Node, error)) *graphs {
	return &graphs{o, build, map[int]compiled{}}
}

// at is the graph of a padded length, compiled when it is first asked for.
func (s *graphs) at(length int) (compiled, error) {
	if c, ok := s.byLength[length]; ok {
		return c, nil
	}
	o := s.options
	o.Seq = length
	g, read, err := s.build(o)
	if err != nil {
		return compiled{}, err
	}
	machine, err := g.Compile()
	if errors.Is(err, kernel.ErrMemory) {
		return compiled{}, s.tooLarge(o, g, err)
	}
	if err != nil {
		g.Close()
		return compiled{}, err
	}
	c := compiled{machine, read}
	s.byLength[length] = c
	return c, nil
}

// close frees the graphs' inputs.
func (s *graphs) close() {
	for _, c := range s.byLength {
		c.Close()
	}
	clear(s.byLength)
}

// run computes the output rows of a batch.
func (s *graphs) run(in graph.Batch, b batch) ([]float32, error) {
	c, err := s.at(b.length)
	if err != nil {
		return nil, err
	}
	if _, err := c.Run(in); err != nil {
		return nil, err
	}
	return c.values(b)
}

var errNotFinite = exit.Errorf(exit.BadData, "what the model computes is not finite, though its weights are: its numbers grow beyond what the device holds")

// values reads the logits of a batch that just ran, [rows of the batch, columns].
func (c compiled) values(b batch) ([]float32, error) {
	n := c.logits.Cols()
	values := make([]float32, c.logits.Rows()*n)
	if err := c.Read(c.logits, kernel.F32s(values)); err != nil {
		return nil, err
	}
	if !model.Finite(values) {
		return nil, errNotFinite
	}
	return values[:len(b.rows)*n], nil
}

// scatter reads the logits of a batch that just ran, if there are any, and stores each
// row's at the row's index.
func (c compiled) scatter(b batch, into [][]float32) error {
	if c.logits == nil {
		return nil
	}
	values, err := c.values(b)
	if err != nil {
		return err
	}
	n := c.logits.Cols()
	for i, row := range b.rows {
		into[row] = values[i*n : (i+1)*n : (i+1)*n]
	}
	return nil
}

// longest is the graph of the longest batch there is in training, and its length.
func (l *modelLearner) longest() (compiled, int, error) {
	lengths := bucketLengths(slices.Max(l.train.Lengths()))
	length := lengths[len(lengths)-1]
	c, err := l.training.at(length)
	return c, length, err
}

// reserve allocates the memory of the longest batch before the first step: a run that
// does not fit fails at once, not after hours. It logs what a card's memory is used for.
func (l *modelLearner) reserve(name string, params *graph.Params) error {
	longest, length, err := l.longest()
	if err != nil {
		return err
	}
	card, ok := params.Backend().(kernel.Card)
	if !ok {
		return nil
	}
	free, total, err := card.Memory()
	if err != nil {
		return err
	}
	l.env.Log.Info().Msgf("%s on %s: %s for the model and what is trained, %s for batches of %d × %d tokens; %s of %s are left",
		name, params.Backend().Name(), size(params.Memory()), size(longest.Memory()), l.batchSize, length, size(free), size(total))
	return nil
}

func size(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

// tooLarge turns an out-of-memory error into one that says which batch_size would fit.
func (s *graphs) tooLarge(o graph.Options, g *graph.Graph, cause error) error {
	needed := g.Memory()
	g.Close()
	card, ok := g.Backend().(kernel.Card)
	if !ok {
		return exit.Errorf(exit.Usage, "a batch of %d × %d tokens needs %s; give a smaller batch_size (accumulation makes up for it): %w", o.Batch, o.Seq, size(needed), cause)
	}
	free, _, err := card.Memory()
	if err != nil {
		return cause
	}
	advice := s.advice(o, free, o.Checkpointing)
	if o.Training && !o.Checkpointing {
		advice += "; with gradient_checkpointing: true, " + s.advice(o, free, true)
	}
	return exit.Errorf(exit.Usage, "a batch of %d × %d tokens needs %s and %s are left: %s (accumulation makes up for a smaller batch): %w",
		o.Batch, o.Seq, size(needed), size(free), advice, cause)
}

// advice is the largest batch_size that fits into so many bytes.
func (s *graphs) advice(o graph.Options, free int64, checkpointing bool) string {
	o.Checkpointing = checkpointing
	fits := sort.Search(o.Batch, func(i int) bool { return !s.fits(o, i+1, free) }) // the first that does not is one more
	if fits == 0 {
		return "no batch_size fits"
	}
	return fmt.Sprintf("batch_size %d fits", fits)
}

func (s *graphs) fits(o graph.Options, batch int, free int64) bool {
	o.Batch = batch
	g, _, err := s.build(o)
	if err != nil {
		return false
	}
	defer g.Close()
	const spare = 16 // a part of what is free, for the graphs of other lengths
	return g.Memory() <= free-free/spare
}
