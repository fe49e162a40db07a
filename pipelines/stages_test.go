package pipelines_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

// canary stands for note text in these tests: it must never be printed.
const canary = "zqcanarypipelines"

// faults is the configuration of the test's stages: where to fail, and how.
type faults struct {
	Root   string  `json:"root,omitempty" path:"true" doc:"folder of the test's files"`
	Shards int     `json:"shards" default:"4" doc:"parts"`
	Panic  bool    `json:"panic" default:"false" doc:"panic with a canary"`
	Fail   bool    `json:"fail" default:"false" doc:"fail with bad data"`
	MaxBad float64 `json:"max_bad" default:"1" doc:"largest bad fraction"`
}

func (f faults) strike() error {
	if f.Panic {
		panic(canary)
	}
	if f.Fail {
		return exit.Errorf(exit.BadData, "row 7 is bad")
	}
	return nil
}

// work is what the test's stages did, and where they are to fail: at no part of
// their configuration, which decides whether a later attempt goes on.
var work = struct {
	sync.Mutex
	failAt string          // the name of a piece of work; "": none
	begun  map[string]int  // pieces of work by how often they were begun
	ended  map[string]bool // without a failure
	inFile int             // runs that were merged from files
}{begun: map[string]int{}, ended: map[string]bool{}}

// piece does a piece of work, or fails.
func piece(name string, do func() error) error {
	work.Lock()
	work.begun[name]++
	fails := name == work.failAt
	work.Unlock()
	if fails {
		return exit.Errorf(exit.Failed, "%s fails as it was told to", name)
	}
	if err := do(); err != nil {
		return err
	}
	work.Lock()
	defer work.Unlock()
	work.ended[name] = true
	return nil
}

// lines is a source: a text file with `subject_id text` a line.
type lines struct{ faults }

func (l lines) Parts() int              { return l.Shards }
func (l lines) MaxBadFraction() float64 { return l.MaxBad }

// Tally writes down what it was told.
func (l lines) Tally(_ context.Context, _ stages.Inputs, files map[string]map[string]int64) (map[string]any, error) {
	return map[string]any{"tally": files}, nil
}

func (l lines) Files(context.Context, stages.Inputs) ([]stages.RawFile, error) {
	entries, err := os.ReadDir(l.Root)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "no files")
	}
	var files []stages.RawFile
	for i, e := range entries {
		files = append(files, stages.RawFile{Index: i, Table: mimic.TableNotes, Name: e.Name(), URI: l.Root + "/" + e.Name()})
	}
	return files, nil
}

func (l lines) Scan(_ context.Context, file stages.RawFile, spill *extsort.Spill) error {
	return piece("scan "+file.Name, func() error { return l.scan(file, spill) })
}

func (l lines) scan(file stages.RawFile, spill *extsort.Spill) error {
	if err := l.strike(); err != nil {
		return err
	}
	f, err := os.Open(file.URI)
	if err != nil {
		return err
	}
	defer f.Close()
	scanner := bufio.NewScanner(f)
	for row := int64(1); scanner.Scan(); row++ {
		spill.Count("read", 1)
		subject, text, _ := strings.Cut(scanner.Text(), " ")
		id, err := strconv.ParseInt(subject, 10, 64)
		if err != nil {
			if err := (dataset.Reject{File: file.Name, Row: row, Reason: "subject_id"}).SpillInto(spill); err != nil {
				return err
			}
			continue
		}
		note := mimic.Note{NoteID: fmt.Sprint(file.Index, "-", row), SubjectID: id, Text: text, Origin: mimic.Origin{SourceFile: int32(file.Index), SourceRow: row}}
		if err := extsort.Add(spill, mimic.TableNotes, mimic.PartOf(id, spill.Parts()), note, mimic.Compare[mimic.Note]); err != nil {
			return err
		}
	}
	return scanner.Err()
}

func (l lines) Merge(ctx context.Context, part int, runs []extsort.Run, out *dataset.PartWriter) error {
	return piece(fmt.Sprint("merge ", part), func() error {
		work.Lock()
		for _, run := range runs {
			work.inFile += min(1, len(run.Dir))
		}
		work.Unlock()
		return errors.Join(
			dataset.MergeRuns(ctx, runs, mimic.TableNotes, mimic.Compare[mimic.Note], out),
			dataset.MergeRuns(ctx, runs, dataset.TableQuarantine, dataset.CompareRejects, out))
	})
}

// upper is a map: notes → notes in capitals.
type upper struct{ faults }

func (u upper) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	return piece(fmt.Sprint("map ", part), func() error { return u.part(ctx, in, part, out) })
}

func (u upper) part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	if err := u.strike(); err != nil {
		return err
	}
	rows, err := dataset.Rows[mimic.Note](out, mimic.TableNotes)
	if err != nil {
		return err
	}
	for note, err := range dataset.Read[mimic.Note](ctx, in.One("notes"), mimic.TableNotes, part) {
		if err != nil {
			return err
		}
		note.Text = strings.ToUpper(note.Text)
		if err := rows.Write(note); err != nil {
			return err
		}
		out.Count("kept", 1)
	}
	return nil
}

// letters is a reduce: notes → how many notes begin with each letter.
type letters struct{ faults }

func (l letters) Accumulate(ctx context.Context, in stages.Inputs, part int, emit func(string, []byte)) error {
	if err := l.strike(); err != nil {
		return err
	}
	counts := map[string]int{}
	for note, err := range dataset.Read[mimic.Note](ctx, in.One("notes"), mimic.TableNotes, part) {
		if err != nil {
			return err
		}
		counts[note.Text[:1]]++
	}
	for letter, n := range counts {
		emit(letter, []byte(strconv.Itoa(n)))
	}
	return nil
}

func (l letters) Merge(_ context.Context, _ stages.Inputs, _ string, accumulators [][]byte) ([]byte, error) {
	sum := 0
	for _, a := range accumulators {
		n, err := strconv.Atoi(string(a))
		if err != nil {
			return nil, err
		}
		sum += n
	}
	return []byte(strconv.Itoa(sum)), nil
}

func (l letters) Finish(_ context.Context, _ stages.Inputs, results []stages.Keyed, out *dataset.Writer) error {
	counts := map[string]string{}
	for _, r := range results {
		counts[r.Key] = string(r.Value)
	}
	file, err := out.File("letters.json")
	if err != nil {
		return err
	}
	defer file.Abort()
	text, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	if _, err := file.Write(text); err != nil {
		return err
	}
	return file.Commit()
}

func init() {
	notes := stages.Port{Name: "notes", Kind: mimic.KindPatients, Tables: []string{mimic.TableNotes}, Sharded: true, Doc: "notes"}
	tables := stages.Output{Kind: mimic.KindPatients, Tables: []string{mimic.TableNotes}}
	withQuarantine := stages.Output{Kind: mimic.KindPatients, Tables: []string{mimic.TableNotes, dataset.TableQuarantine}}
	stages.RegisterSource(stages.Spec{Name: "test.lines", Version: 1, Doc: "test", Out: withQuarantine},
		func(_ *stages.Environment, f faults) (stages.Source, error) { return lines{f}, nil })
	stages.RegisterMap(stages.Spec{Name: "test.upper", Version: 1, Doc: "test", In: []stages.Port{notes}, Out: tables},
		func(_ *stages.Environment, f faults) (stages.Map, error) { return upper{f}, nil })
	stages.RegisterReduce(stages.Spec{Name: "test.letters", Version: 1, Doc: "test", In: []stages.Port{notes}, Out: stages.Output{Kind: stages.KindMetrics}},
		func(_ *stages.Environment, f faults) (stages.Reduce, error) { return letters{f}, nil })
}
