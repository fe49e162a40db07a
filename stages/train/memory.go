package train

import (
	"fmt"
	"slices"
	"sort"

	"github.com/dustin/go-humanize"
	"github.com/rs/zerolog/log"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// longest is the graph of the longest batch there is in training, and its length.
func (s *supervised) longest() (compiled, int, error) {
	lengths := bucketLengths(slices.Max(s.train.lengths()))
	length := lengths[len(lengths)-1]
	c, err := s.learning.at(length)
	return c, length, err
}

// reserve takes the memory of the longest batch before the first step, so that a run
// does not end in its middle for want of it, and tells what a card's memory goes to.
func (s *supervised) reserve(name string, params *graph.Params) error {
	longest, length, err := s.longest()
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
	log.Info().Msgf("%s on %s: %s for the model and what is trained, %s for batches of %d × %d tokens; %s of %s are left",
		name, params.Backend().Name(), size(params.Memory()), size(longest.Memory()), s.batchSize, length, size(free), size(total))
	return nil
}

func size(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

// tooLarge says what would fit into the memory that is left, where a batch does not.
func (m *machines) tooLarge(o graph.Options, g *graph.Graph, cause error) error {
	needed := g.Memory()
	g.Close()
	card, ok := g.Backend().(kernel.Card)
	if !ok {
		return cause
	}
	free, _, err := card.Memory()
	if err != nil {
		return cause
	}
	advice := m.advice(o, free, o.Checkpointing)
	if o.Training && !o.Checkpointing {
		advice += "; with gradient_checkpointing: true, " + m.advice(o, free, true)
	}
	return exit.Errorf(exit.Usage, "a batch of %d × %d tokens needs %s and %s are left: %s (accumulation makes up for a smaller batch): %w",
		o.Batch, o.Seq, size(needed), size(free), advice, cause)
}

// advice is the largest batch_size that fits into so many bytes.
func (m *machines) advice(o graph.Options, free int64, checkpointing bool) string {
	o.Checkpointing = checkpointing
	fits := sort.Search(o.Batch, func(i int) bool { return !m.fits(o, i+1, free) }) // the first that does not is one more
	if fits == 0 {
		return "no batch_size fits"
	}
	return fmt.Sprintf("batch_size %d fits", fits)
}

func (m *machines) fits(o graph.Options, batch int, free int64) bool {
	o.Batch = batch
	g, _, err := m.build(o)
	if err != nil {
		return false
	}
	defer g.Close()
	const spare = 16 // a part of what is free, for the graphs of other lengths
	return g.Memory() <= free-free/spare
}
