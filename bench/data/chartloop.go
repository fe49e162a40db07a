package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/gzip"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/ventilation"
	"github.com/clinflow/clinflow/mimic"
)

// chartCounts is what the plain loop leaves.
type chartCounts struct{ Rows, Bytes, Kept int64 }

// runChartLoop is the pass over chartevents with no framework: it decompresses and
// parses, asks each row for its item and keeps none.
func runChartLoop(tree, out string) error {
	f, err := os.Open(filepath.Join(tree, chartsFile))
	if err != nil {
		return err
	}
	defer f.Close()
	unzip, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	n, err := countCharts(unzip)
	if err != nil {
		return err
	}
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return os.WriteFile(out, text, 0o600)
}

func countCharts(in io.Reader) (n chartCounts, err error) {
	r := csv.NewReader(in)
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return n, err
	}
	item, wanted := slices.Index(header, "itemid"), ventilation.Charted(mimic.MIMICIV)
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			n.Bytes = r.InputOffset()
			return n, nil
		}
		if err != nil {
			return n, err
		}
		n.Rows++
		if wanted[integer(fields[item])] {
			n.Kept++
		}
	}
}

// compareCharts says what the loop counted, and whether ingest kept as many rows.
func (b *build) compareCharts(r *chartsResult) error {
	text, err := os.ReadFile(b.loopOut)
	if err != nil {
		return err
	}
	var n chartCounts
	if err := json.Unmarshal(text, &n); err != nil {
		return err
	}
	steps, err := filepath.Glob(filepath.Join(b.out, "steps", "*"))
	if err != nil || len(steps) != 1 {
		return fmt.Errorf("%s: want one step: %w", b.out, err)
	}
	d, err := dataset.Open(context.Background(), steps[0])
	if err != nil {
		return err
	}
	r.Rows, r.MB, r.Kept = n.Rows, float64(n.Bytes)/1e6, 0
	for _, part := range d.Manifest.Tables[mimic.TableChartEvents] {
		r.Kept += part.Rows
	}
	r.SameRows = r.Kept == n.Kept
	return nil
}
