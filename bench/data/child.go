package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/clinflow/clinflow/bench/cost"
)

// build is the binary under test and where its runs leave their files. What is
// measured runs in children, whose CPU and peak memory are their own; what makes
// the trees does so too, because a child's peak begins with its parent's.
//
// Each run has a folder of its own, from which nothing was deleted: a file system takes
// longer to make files where others have just gone.
type build struct {
	o            pathOptions
	exe, binary  string
	runs         string // folder of theirs
	made         int    // folders so far
	out, loopOut string // of the last runs
	dagFile      string
}

func newBuild(o pathOptions) (*build, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return nil, err
	}
	at := func(name string) string { return filepath.Join(o.dir, name) }
	b := &build{o: o, exe: exe, binary: at("clinflow"), runs: at("runs"), dagFile: at("path.yaml")}
	if err := errors.Join(os.RemoveAll(b.runs), os.MkdirAll(b.runs, 0o700)); err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "build", "-o", b.binary, "github.com/clinflow/clinflow/cmd/clinflow")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	_, err = cost.Run(cmd)
	return b, err
}

func (b *build) tree(notes int) string {
	return filepath.Join(b.o.dir, "tree-"+strconv.Itoa(notes))
}

// next is a folder for the next run.
func (b *build) next() string {
	b.made++
	return filepath.Join(b.runs, strconv.Itoa(b.made))
}

const dag = `name: path
steps:
  patients: {stage: ingest.mimiciv, with: {root: %[1]s, shards: %[2]d}}
  mortality: {stage: label.mortality, in: {patients: patients}}
  texts: {stage: text.admission, in: {patients: patients}}
  tokens: {stage: tokenize.texts, in: {texts: texts}, with: {tokenizer: %[1]s, max_length: 1048576}}
`

// path measures clinflow run from csv.gz to tokens.
func (b *build) path(r *pathResult, notes, workers int) (c cost.Cost, err error) {
	tree, size := b.tree(notes), strconv.Itoa(notes)
	if _, err := cost.Run(exec.Command(b.exe, "tree", tree, size)); err != nil {
		return c, err
	}
	b.out = b.next()
	text := fmt.Sprintf(dag, strconv.Quote(tree), parts)
	if err := os.WriteFile(b.dagFile, []byte(text), 0o600); err != nil {
		return c, err
	}
	c, err = cost.Run(exec.Command(b.binary, "run", b.dagFile, "--quiet", "--out", b.out, "--workers", strconv.Itoa(workers), "--memory", b.o.memory))
	if workers == 1 {
		r.PeakRSSMiB[size] = max(r.PeakRSSMiB[size], c.PeakMiB)
	}
	return c, err
}

// loop measures the plain loop on the same tree.
func (b *build) loop(notes int) (cost.Cost, error) {
	b.loopOut = b.next()
	return cost.Run(exec.Command(b.exe, "loop", b.tree(notes), b.loopOut))
}
