//go:build slow || proof

package cli

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clinflow/clinflow/runners"
)

// killings draws moments and counts what they met.
type killings struct {
	*rand.Rand
	moments, same int            // tried; that ended with the same bytes
	again, early  int            // runs that were killed again; that ended before their moment
	met           map[string]int // stages under way, also two at once
}

func newKillings(t testing.TB) *killings {
	const seed = 20261124
	t.Logf("seed %d", seed)
	return &killings{Rand: rand.New(rand.NewPCG(seed, 0)), met: map[string]int{}}
}

// moment tries one moment.
func (k *killings) moment(t *testing.T, i int, try func(t *testing.T)) {
	k.moments++
	if t.Run(fmt.Sprint(i), try) {
		k.same++
	}
}

func (k *killings) String() string {
	var met []string
	for _, stage := range slices.Sorted(maps.Keys(k.met)) {
		met = append(met, fmt.Sprintf("%s %d", stage, k.met[stage]))
	}
	return fmt.Sprintf("%d of %d moments: same bytes; %d runs killed again, %d moments drawn anew as the run had ended; killed in: %s",
		k.same, k.moments, k.again, k.early, strings.Join(met, ", "))
}

// kill starts a command, kills it at a moment of the span, and says whether it
// was still at work.
func (k *killings) kill(t testing.TB, dir string, span time.Duration, args []string) bool {
	t.Helper()
	moment := time.Duration(k.Int64N(int64(span)))
	if !start(t, dir, nil, args...).killAfter(t, moment) {
		return false
	}
	under := inState(t, filepath.Join(dir, outFolder), runners.OutcomeInterrupted)
	for _, stage := range under {
		k.met[stage]++
	}
	if len(under) == 0 {
		k.met["no step"]++
	}
	return true
}

// goOn types the command again, to its end, and compares.
func (k *killings) goOn(t testing.TB, dir string, u undisturbed) {
	t.Helper()
	clinflow(t, dir, 0, u.args...)
	sameOutputs(t, u.files, outputs(t, filepath.Join(dir, outFolder)))
}

// killTinyDemos kills the tiny demo at n moments, half of them before its first
// training step, and lets it go on.
func killTinyDemos(t *testing.T, n int) {
	u := runUndisturbed(t, t.TempDir(), "demo", "--scale", "tiny")
	t.Logf("undisturbed %s, of which %s before the first training step", u.took, u.data)
	k := newKillings(t)
	for i := range n {
		span := []time.Duration{u.took, u.data}[i%2]
		k.moment(t, i, func(t *testing.T) { k.killAndGoOn(t, u, span, i%5 == 0) })
	}
	t.Log(k)
}

// killAndGoOn kills a run in the span and, where twice, the run that goes on too.
func (k *killings) killAndGoOn(t *testing.T, u undisturbed, span time.Duration, twice bool) {
	dir := t.TempDir()
	for ; !k.kill(t, dir, span, u.args); dir = t.TempDir() {
		k.early++
	}
	if twice && k.kill(t, dir, u.took/2, u.args) {
		k.again++
	}
	k.goOn(t, dir, u)
}
