package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
)

// report is what is written.
type report struct {
	Date  string `json:"date"`
	Shape string `json:"shape"`
	card
	Kernel string            `json:"kernel"`
	Peer   map[string]string `json:"peer"` // versions; null: not at hand
	rates
	Checks   []verdict `json:"checks"`
	Curve    curve     `json:"loss_curve"`
	Shapes   []result  `json:"shapes"`
	Terms    terms     `json:"first_shape_terms"`
	Products []product `json:"first_shape_products"`
	Failures []string  `json:"failures"`
}

func newReport(o options) *report {
	return &report{Date: time.Now().Format(time.DateOnly), Shape: o.shape, Failures: []string{}}
}

// add keeps what a part found by itself.
func (r *report) add(f finding) {
	switch {
	case f.Card != nil:
		r.card = *f.Card
	case f.Kernel != "":
		r.Kernel = f.Kernel
	case f.Check != nil:
		r.check(*f.Check)
	case f.Rates != nil:
		r.rates = *f.Rates
	case f.Terms != nil:
		r.Terms = *f.Terms
	case f.Product != nil:
		r.Products = append(r.Products, *f.Product)
	case f.Failure != "":
		r.Failures = append(r.Failures, f.Failure)
	}
}

func (r *report) check(v verdict) {
	r.Checks = append(r.Checks, v)
	if err := v.err(); err != nil {
		r.Failures = append(r.Failures, err.Error())
	}
}

// err is all that failed.
func (r *report) err() error {
	if len(r.Failures) == 0 {
		return nil
	}
	return errors.New(strings.Join(r.Failures, "\n"))
}

// judge names every target that is missed; shares are those of the card's peak that the
// first workloads are to reach. Checkpointing trades time for memory, and tuning the same
// bytes in every run for time: they are held to none.
func (r *report) judge(shares []float64, want targets) {
	for _, s := range r.Shapes {
		if s.Checkpointing || s.Tuned {
			continue
		}
		if s.place < len(shares) {
			s.judge(r, "share of the peak", s.ShareOfPeak, shares[s.place])
		}
		s.judge(r, "times PEFT's tokens/s", s.EagerRatio, want.eager)
		s.judge(r, "times compiled PEFT's tokens/s", s.CompiledRatio, want.compiled)
	}
}

func (s result) judge(r *report, what string, got *float64, want float64) {
	if got != nil && !(*got >= want) {
		r.Failures = append(r.Failures, fmt.Sprintf("target missed, %s: %s is %.3g, wanted %.3g", s.name, what, *got, want))
	}
}

// save writes the report into the folder, named by day, card and the only part of the
// run, if there is one, and returns its path. It may be read by anyone: it holds no data.
func (r *report) save(folder, part string) (path string, err error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	path = filepath.Join(folder, strings.TrimSuffix(r.Date+"-"+dashed(r.Device)+"-"+part, "-")+".json")
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, append(text, '\n'), 0o644); err != nil {
		return "", err
	}
	return path, os.Rename(temporary, path)
}

// dashed is a name in lower case with dashes for all that is no letter or digit.
func dashed(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }), "-")
}
