package synth

import (
	"bytes"
	"math/rand/v2"
)

// removed is what MIMIC-IV's notes have where something was taken out.
var removed = []byte("___")

// tags are what MIMIC-III's notes have there.
var tags = []string{
	"[**2150-1-2**]", "[**Known lastname 123**]", "[**Hospital1 18**]", "[**First Name8 (NamePattern2) **]",
	"[**Location (un) 86**]", "[**Age over 90 **]", "[**Last Name (STitle) 4521**]", "[**Telephone/Fax (1) 250**]", "[**10-7**]",
}

// asOfIII makes a note of MIMIC-IV one of MIMIC-III: tags, no blank at the end of a
// line, so that empty lines are truly empty, and one before the family history in
// most notes.
func asOfIII(text []byte, random *rand.Rand) []byte {
	parts := bytes.Split(text, removed)
	var out []byte
	for i, part := range parts {
		if i > 0 {
			out = append(out, oneOf(random, tags)...)
		}
		out = append(out, part...)
	}
	for bytes.Contains(out, []byte(" \n")) {
		out = bytes.ReplaceAll(out, []byte(" \n"), []byte("\n"))
	}
	if random.Float64() < 0.8 {
		out = bytes.Replace(out, []byte("\nFamily History:"), []byte("\n\nFamily History:"), 1)
	}
	return out
}
