package dags

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/store"
)

// Accepted is the mark by which an output stands in another's place.
type Accepted struct {
	Output   string    `json:"output"`   // the name of the folder that stands there
	Manifest string    `json:"manifest"` // sha256 of that output's manifest
	Run      string    `json:"run"`
	Time     time.Time `json:"time"`
	Reasons  []string  `json:"reasons"` // why the step would have run
}

func (a Accepted) String() string {
	return fmt.Sprintf("accepted on %s: %s", a.Time.Format("2006-01-02 15:04 MST"), strings.Join(a.Reasons, "; "))
}

// accepted is what a person took in the place of an output; nil where nothing was, or
// where that is no longer what it was.
func (p *Planner) accepted(ctx context.Context, output string) *Accepted {
	name := markName(acceptedMark, output)
	if !p.marks[name] {
		return nil
	}
	var a Accepted
	text, err := store.ReadFile(ctx, p.out, name)
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	if err != nil || !p.outputs[a.Output].complete || a.Output != output && p.outputs[output].complete {
		return nil
	}
	if found, err := p.open(ctx, a.Output); err != nil || found.Manifest.SHA256 != a.Manifest {
		return nil
	}
	return &a
}

// Acceptable finds what would stand in the place of a decision's output: its own output
// where a step before it was forced, else the newest. An error says why nothing can.
func (p *Planner) Acceptable(ctx context.Context, d Decision) (Accepted, error) {
	output := d.Output()
	if !p.outputs[output].complete {
		output = p.newest(d.Step.Name)
	}
	switch {
	case d.Fingerprint == "":
		return Accepted{}, fmt.Errorf("what it needs is not there: %s; accept or run that first", strings.Join(d.Reasons, "; "))
	case output == "":
		return Accepted{}, errors.New("it has no output that could be accepted; run it")
	}
	found, err := p.open(ctx, output)
	if err != nil {
		return Accepted{}, fmt.Errorf("its earlier output %s: %w", output, err)
	}
	if err := fits(d, found.Manifest); err != nil {
		return Accepted{}, fmt.Errorf("its earlier output %s cannot stand for the new one: %w; run it", output, err)
	}
	return Accepted{Output: output, Manifest: found.Manifest.SHA256, Time: time.Now().UTC().Truncate(time.Second), Reasons: d.Reasons}, nil
}

// fits refuses an output that the steps after it could not read as they read a new one.
func fits(d Decision, m dataset.Manifest) error {
	if m.Stage != d.Identity.Stage {
		return fmt.Errorf("it is of stage %s, not %s", m.Stage, d.Identity.Stage)
	}
	if changed := versionChanges(m.Versions, d.Identity.Schema); len(changed) > 0 {
		return errors.New(changed[0].String())
	}
	if d.Step.Parts > 0 && m.Parts > 0 && m.Parts != d.Step.Parts {
		return fmt.Errorf("it has %d parts, not %d", m.Parts, d.Step.Parts)
	}
	return nil
}

// Accept lets an output stand for a decision's, from now on.
func (p *Planner) Accept(ctx context.Context, d Decision, a Accepted) error {
	if err := p.mark(ctx, acceptedMark, d.Output(), a); err != nil {
		return err
	}
	return p.out.RemoveAll(ctx, markName(staleMark, d.Output()))
}
