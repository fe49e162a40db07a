package extsort

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/memory"
)

// filled is a Spill of two parts with some notes, out of order.
func filled(t testing.TB, budget *memory.Budget) *Spill {
	t.Helper()
	s := NewSpill(openFolder(t), 2, 0, budget)
	for i := range int64(40) {
		must(t, Add(s, table, int(i%2), note{ID: fmt.Sprint(i), Subject: i * 7 % 10, Text: strings.Repeat("x", 100)}, bySubject))
	}
	s.Count("read", 40)
	return s
}

// merged are the ids of both parts.
func merged(t testing.TB, runs []Run) (ids []string) {
	t.Helper()
	for part := range 2 {
		own := slices.DeleteFunc(slices.Clone(runs), func(r Run) bool { return r.Part != part })
		for row, err := range Merge(t.Context(), own, table, part, bySubject) {
			must(t, err)
			ids = append(ids, row.ID)
		}
	}
	return ids
}

func files(t testing.TB, s *Spill) int {
	t.Helper()
	list, err := s.dir.List(t.Context(), "")
	must(t, err)
	return len(list)
}

func TestRowsThatWaitInMemoryMergeAsThoseInFiles(t *testing.T) {
	inFiles, _, err := filled(t, nil).Close()
	must(t, err)
	want := merged(t, inFiles)
	s := filled(t, nil)
	runs, counts, ok := s.Hold()
	if !ok || counts["read"] != 40 || files(t, s) > 0 {
		t.Fatalf("held: %v, counts %v, %d files", ok, counts, files(t, s))
	}
	if diff := cmp.Diff(want, merged(t, runs)); diff != "" {
		t.Error(diff)
	}
	if err := Add(s, table, 0, note{}, bySubject); err == nil {
		t.Error("a row was added to rows that wait")
	}
	if _, _, ok := s.Hold(); ok {
		t.Error("held twice")
	}
	written, _, err := s.Close()
	must(t, err)
	if diff := cmp.Diff(want, merged(t, written)); diff != "" || files(t, s) == 0 {
		t.Errorf("closed after Hold, %d files: %s", files(t, s), diff)
	}
	if err := mergeError(t, runs[0]); err == nil {
		t.Error("rows were merged that no longer wait")
	}
}

func TestOnlySoManyRowsWaitInMemory(t *testing.T) {
	of := func(rows int64) *memory.Budget { return memory.New(4 * rows) }
	roomy := of(40 << 10) // half of it is room for three of some 6 KiB
	for i, want := range []bool{true, true, true, false} {
		s := filled(t, roomy)
		defer s.Abort()
		if _, _, ok := s.Hold(); ok != want {
			t.Errorf("spill %d: held %v", i, ok)
		}
	}
	flushed := filled(t, of(4<<10))
	if _, _, ok := flushed.Hold(); ok || files(t, flushed) == 0 {
		t.Error("rows are held of a spill that has files")
	}
	flushed.Abort()
	again := of(30 << 10)
	for range 3 {
		s := filled(t, again)
		if _, _, ok := s.Hold(); !ok {
			t.Error("room was not given back")
		}
		s.Abort()
	}
}
