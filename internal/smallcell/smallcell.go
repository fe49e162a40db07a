// Package smallcell holds the one rule of counts that could point at a person: a
// count of one to nine is not told, nor one that the others and their sum would give
// away (primary and secondary suppression; Hundepool et al., Statistical Disclosure
// Control, Wiley 2012, chapter 4). Zero is told.
package smallcell

import (
	"encoding/json"
	"errors"
	"strconv"
)

// Limit is the lowest count that is told, zero aside.
const Limit = 10

// Count is a count, or says that it is hidden. In JSON it is a number, or "<10", ">=10"
// or "hidden".
type Count int64

// The hidden counts.
const (
	Below Count = -1 // one to nine
	Above Count = -2 // ten or more, hidden because a sum would give a small one away
	// Untold may be any: that of another would follow from a sum and the side of Limit on
	// which this one lies.
	Untold Count = -3
)

var texts = map[Count]string{Below: "<10", Above: ">=10", Untold: "hidden"}

// Of hides a count where it is small.
func Of[N ~int | ~int64](n N) Count {
	if Small(n) {
		return Below
	}
	return Count(n)
}

// Small says whether a count could point at a person.
func Small[N ~int | ~int64](n N) bool { return n > 0 && n < Limit }

// FewApart says whether what is counted once and not the other time could point at a
// person.
func FewApart[N ~int | ~int64](a, b N) bool { return Small(max(a-b, b-a)) }

// The settings of what tells counts: small ones are hidden, unless it is asked for
// them.
const (
	Hide = "hide"
	Show = "show"
)

// Hidden says whether the count is not told.
func (c Count) Hidden() bool { return c < 0 }

// String is the count, or what is told instead.
func (c Count) String() string {
	if c.Hidden() {
		return texts[c]
	}
	return strconv.FormatInt(int64(c), 10)
}

// MarshalJSON implements json.Marshaler.
func (c Count) MarshalJSON() ([]byte, error) {
	if c.Hidden() {
		return []byte(`"` + texts[c] + `"`), nil
	}
	return strconv.AppendInt(nil, int64(c), 10), nil
}

// UnmarshalJSON implements json.Unmarshaler. What MarshalJSON does not write is an
// error without its text.
func (c *Count) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		for hidden := range texts {
			if texts[hidden] == text {
				*c = hidden
				return nil
			}
		}
	}
	var n int64
	if json.Unmarshal(data, &n) != nil || n < 0 {
		return errors.New("a count is neither a whole number nor hidden")
	}
	*c = Count(n)
	return nil
}
