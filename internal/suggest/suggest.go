// Package suggest finds what somebody who typed an unknown name may have meant.
package suggest

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// listed bounds the hints that name every choice.
const listed = 14

// Choice is the hint for a name that is not among the known ones: the nearest
// where one is near, else all where they are few.
func Choice(given string, known []string) string {
	if near := nearest(given, known); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	if len(known) == 0 || len(known) > listed {
		return ""
	}
	return "known: " + strings.Join(known, ", ")
}

// nearest returns the known name closest to the given one, or "" where none is
// near: two letters off (two swapped letters are two), a third of a long name. A
// name that begins with the given one counts as one letter off.
func nearest(given string, known []string) string {
	limit := min(len(given)-1, max(2, len(given)/3))
	best := ""
	for _, name := range known {
		given, lower := strings.ToLower(given), strings.ToLower(name)
		d := levenshtein.ComputeDistance(given, lower)
		if strings.HasPrefix(lower, given) {
			d = min(d, 1)
		}
		if d <= limit {
			best, limit = name, d-1
		}
	}
	return best
}
