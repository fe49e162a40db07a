package declared

import (
	"errors"
	"strings"
)

func isUnknown(err error) bool { return errors.Is(err, errUnknown) }

// failures are those of CEL's errors whose words hold no value of a row.
var failures = []string{
	"division by zero", "modulus by zero", "integer overflow", "duration overflow", "timestamp overflow",
	"index out of bounds", "no such overload", "cost limit exceeded",
	"a span of more than 200 years", "a range of codes has two ends of one length", "a category of no character",
}

// failure says in words why an expression has no value, "" where that might tell one.
func failure(err error) string {
	for _, words := range failures {
		if strings.Contains(err.Error(), words) {
			return words
		}
	}
	return ""
}
