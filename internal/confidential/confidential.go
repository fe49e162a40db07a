// Package confidential says which values are nobody's to read.
package confidential

import "regexp"

var (
	key   = regexp.MustCompile(`(?i)(^|[._])(password|passwd|secret|credentials?|api_?key|access_?key|private_?key|access_?token|auth_?token)$`)
	value = regexp.MustCompile(`://[^/@\s]+@`) // an address with a password
)

// Is says whether the value of a setting is, by what its key ends with or by what it holds.
func Is(ofKey, text string) bool { return key.MatchString(ofKey) || value.MatchString(text) }
