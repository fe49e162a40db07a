package examples

import (
	"cmp"
	"maps"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/task"
)

// Counts say what met in a join and what did not. Each text is counted once: as an
// example, as withdrawn, or by the first that it lacks, a split or a label.
type Counts struct {
	Examples      int64 // texts with all that they need
	WithoutSplit  int64 // texts of patients who are in no split
	WithoutLabel  int64 // texts without a label of the task
	Withdrawn     int64 // texts that a later dataset of tokens takes away
	Replaced      int64 // texts whose tokens are a later dataset's, whatever else they lack
	WithoutTokens int64 // labels whose texts are not in the tokens, or withdrawn

	// BySplit are the examples, what they are labelled with, and the labels without
	// tokens, under the names that they have in the manifest: examples.train,
	// positives.val, class.2.test, pairs.train, labels_without_tokens.test. Labels of
	// patients in no split are labels_without_tokens.none.
	BySplit map[string]int64
}

// Unmet is an error where there are texts and none of them became an example. It has
// no figures, which may be small.
func (c Counts) Unmet(uri string) error {
	var lacks []string
	for _, l := range []struct {
		n     int64
		words string
	}{{c.WithoutSplit, "its patient is in no split"}, {c.WithoutLabel, "the labels have none for it"}, {c.Withdrawn, "it is withdrawn"}} {
		if l.n > 0 {
			lacks = append(lacks, l.words)
		}
	}
	if c.Examples > 0 || len(lacks) == 0 {
		return nil
	}
	return exit.Errorf(exit.BadData, "%s: no text is an example, for %s; give tokens, labels and a split of the same patients", uri, strings.Join(lacks, " or "))
}

func (c *Counts) add(name, split string, n int64) {
	if c.BySplit == nil {
		c.BySplit = map[string]int64{}
	}
	c.BySplit[name+"."+cmp.Or(split, "none")] += n
}

// example counts an example with its labels.
func (c *Counts) example(kind task.Kind, e Example) {
	c.Examples++
	c.add("examples", e.Split, 1)
	switch kind {
	case task.Binary:
		c.add("positives", e.Split, int64(e.Label))
	case task.Multiclass:
		c.add("class."+strconv.Itoa(int(e.Label)), e.Split, 1)
	case task.Multilabel:
		c.add("pairs", e.Split, int64(len(e.Labels)))
	}
}

func (c *Counts) withoutTokens(split string) {
	c.WithoutTokens++
	c.add("labels_without_tokens", split, 1)
}

// Note writes the counts into the manifest.
func (c Counts) Note(out *dataset.Writer) {
	for name, n := range c.ByName() {
		out.Count(name, n)
	}
}

// ByName are the counts as manifests name them: the examples, and what did not meet
// where there is any.
func (c Counts) ByName() map[string]int64 {
	counts := maps.Clone(c.BySplit)
	if counts == nil {
		counts = map[string]int64{}
	}
	for name, n := range map[string]int64{
		"texts_without_split": c.WithoutSplit, "texts_without_label": c.WithoutLabel,
		"texts_withdrawn": c.Withdrawn, "texts_replaced": c.Replaced,
	} {
		if n > 0 {
			counts[name] = n
		}
	}
	return counts
}
