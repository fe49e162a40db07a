package mimic

import (
	"testing"

	"pgregory.net/rapid"
)

// The cases are what oracle/parts.py prints.
func TestPartOfKnownPatients(t *testing.T) {
	for _, c := range []struct {
		subject     int64
		parts, part int
	}{
		{10000032, 64, 35},
		{10000032, 64, 35},
		{19999987, 256, 35},
		{1, 1, 0},
		{2, 7, 2},
		{10000994, 64, 61},
		{10001003, 256, 149},
		{-5, 64, 21},
		{9223372036854775807, 4096, 1900},
	} {
		if got := PartOf(c.subject, c.parts); got != c.part {
			t.Errorf("PartOf(%d, %d) = %d, want %d", c.subject, c.parts, got, c.part)
		}
	}
}

func TestPartIsInRange(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		parts := rapid.IntRange(1, 1<<20).Draw(r, "parts")
		if part := PartOf(rapid.Int64().Draw(r, "subject_id"), parts); part < 0 || part >= parts {
			r.Fatalf("part %d of %d", part, parts)
		}
	})
}
