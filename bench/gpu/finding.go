package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// finding is what a part tells in a line: one of its fields.
type finding struct {
	Card    *card     `json:"card,omitempty"`
	Kernel  string    `json:"kernel,omitempty"`
	Check   *verdict  `json:"check,omitempty"`
	Losses  []float64 `json:"losses,omitempty"` // of the curve
	Rates   *rates    `json:"rates,omitempty"`
	Shape   *measured `json:"shape,omitempty"`
	Terms   *terms    `json:"terms,omitempty"`
	Product *product  `json:"product,omitempty"`
	Peer    *answer   `json:"peer,omitempty"`
	Failure string    `json:"failure,omitempty"`
}

// findings are told as they are found.
type findings struct{ lines *json.Encoder }

func (f findings) tell(v finding) {
	if err := f.lines.Encode(v); err != nil {
		say("a finding is lost: %v", err)
	}
}

// attempt tells what went wrong with something.
func (f findings) attempt(what string, err error) {
	if err != nil {
		f.tell(finding{Failure: fmt.Sprintf("%s: %v", what, err)})
	}
}

// verdict is one check.
type verdict struct {
	Name      string   `json:"name"`
	Distance  *float64 `json:"distance"` // null: not a number, or nothing that is measured
	Tolerance float64  `json:"tolerance"`
	OK        bool     `json:"ok"`
	Note      string   `json:"note,omitempty"` // where it is furthest off, or what went wrong
}

// within is a check that holds where far is at most the tolerance.
func within(name string, far, tolerance float64, note string) verdict {
	return verdict{name, finite(far), tolerance, far <= tolerance, note}
}

func (f findings) verdict(name string, far, tolerance float64, note string) {
	v := within(name, far, tolerance, note)
	f.tell(finding{Check: &v})
}

// passes tells of a check that holds where there is no error.
func (f findings) passes(name string, err error) {
	v := verdict{Name: name, OK: err == nil}
	if err != nil {
		v.Note = err.Error()
	}
	f.tell(finding{Check: &v})
}

// err is nil for a check that holds.
func (v verdict) err() error {
	if v.OK {
		return nil
	}
	text := fmt.Sprintf("check %q", v.Name)
	if v.Distance != nil {
		text += fmt.Sprintf(": %.3g, allowed %.3g", *v.Distance, v.Tolerance)
	}
	if v.Note != "" {
		text += ": " + v.Note
	}
	return errors.New(text)
}

// finite is nil for what JSON has no number for.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
