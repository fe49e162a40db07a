package label_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// coreTree is what oracle/core_labels.py has of CORe's own scripts on a tree.
type coreTree struct {
	Synth        map[string]any      `json:"synth"` // settings of synth.mimiciii
	Admissions   int                 `json:"admissions"`
	Quirks       int                 `json:"quirks"`
	LeastPlanted int                 `json:"least_planted"`
	Tasks        map[string]coreTask `json:"tasks"`
	Labels       map[string]string   `json:"labels"` // the list of a task
}

type coreTask struct {
	Examples map[string]int `json:"examples"` // by split
	Buckets  string         `json:"buckets"`  // six digits of sha256 for each bucket
}

// The buckets are of admissions, by hadm_id.
const (
	coreBuckets  = 128
	bucketDigits = 6
)

func coreGolden(t *testing.T) map[string]coreTree {
	t.Helper()
	data, err := os.ReadFile("testdata/core_labels.json")
	if err != nil {
		t.Fatal(err)
	}
	var trees map[string]coreTree
	if err := json.Unmarshal(data, &trees); err != nil {
		t.Fatal(err)
	}
	return trees
}

// TestCoreIsCORe: the recipe core gives the ids, splits, labels and texts that CORe's
// scripts give, byte for byte, and its lists of labels in their order.
func TestCoreIsCORe(t *testing.T) {
	for _, name := range []string{"seed 1", "demo"} {
		t.Run(name, func(t *testing.T) { isCORe(t, coreGolden(t)[name]) })
	}
}

func isCORe(t *testing.T, want coreTree) {
	for _, difference := range want.differences(coreInputs(t, want.Synth).make(t, nil)) {
		t.Error(difference)
	}
}

// differences are those between what CORe's scripts make and what was made here.
func (c *coreTree) differences(made coreMade) (all []string) {
	for name, want := range c.Tasks {
		for _, d := range want.differences(made.examples[name]) {
			all = append(all, name+": "+d)
		}
	}
	for name, list := range c.Labels {
		if strings.Join(made.labels[name], " ") != list {
			all = append(all, name+": the list of labels is another, or has another order")
		}
	}
	return all
}

func (c *coreTask) differences(examples []coreExample) (all []string) {
	counts, buckets := map[string]int{}, make([]string, coreBuckets)
	for _, e := range examples {
		counts[e.split]++
		buckets[e.hadmID%coreBuckets] += e.line
	}
	for split, want := range c.Examples {
		if counts[split] != want {
			all = append(all, fmt.Sprintf("%d examples of %s, CORe has %d", counts[split], split, want))
		}
	}
	for i, lines := range buckets {
		if digits := digest(lines)[:bucketDigits]; digits != c.Buckets[i*bucketDigits:(i+1)*bucketDigits] {
			all = append(all, fmt.Sprintf("an admission with hadm_id %% %d = %d is another", coreBuckets, i))
		}
	}
	return all
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
