//go:build slow

package cli

import (
	"path/filepath"
	"testing"
)

func TestSlowKilledRunsGoOn(t *testing.T) { killTinyDemos(t, 20) }

// dataDAG is data stages only, with steps long enough to be met.
const dataDAG = `
name: data
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 2500}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 8}}
  split: {stage: split.hash, in: {patients: patients}}
  mortality: {stage: label.mortality, in: {patients: patients}}
  texts: {stage: text.admission, in: {patients: patients}}
  tokenizer: {stage: tokenize.train, in: {notes: patients.notes, split: split}, with: {vocab_size: 2048, max_notes: 2000}}
  tokens: {stage: tokenize.texts, in: {texts: texts, tokenizer: tokenizer}, with: {max_length: 112}}
  corpus: {stage: tokenize.notes, in: {notes: patients.notes, tokenizer: tokenizer}, with: {max_length: 112}}
`

// dataFolder is a folder with data.yaml.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "data.yaml"), dataDAG)
	return dir
}

// A forced run first moves away what is complete. Killed time and again in one
// folder, it leaves nothing for the runs after it.
func TestSlowKilledForcedRunsGoOn(t *testing.T) {
	dir := dataFolder(t)
	u := runUndisturbed(t, dir, "run", "data.yaml")
	forced := append([]string{"run", "--force-all"}, u.args[1:]...)
	k := newKillings(t)
	for i := range 12 {
		k.moment(t, i, func(t *testing.T) {
			for !k.kill(t, dir, u.took, forced) {
				k.early++
			}
			k.goOn(t, dir, u)
		})
	}
	t.Log(k)
}

func TestSlowStruckAtTheEndOfATraining(t *testing.T) { strikeFinishing(t, 8, 4) }
