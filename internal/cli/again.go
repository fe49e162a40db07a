package cli

import (
	"path/filepath"
	"regexp"
	"strings"
)

// again is the command to type again.
func again(words []string) string {
	return typed(append([]string{filepath.Base(words[0])}, words[1:]...))
}

// unforced is a command line without --force and --force-all.
func unforced(words []string) (left []string) {
	for i := 0; i < len(words); i++ {
		switch name, _, valued := strings.Cut(words[i], "="); {
		case name == "--force" && !valued:
			i++ // its value
		case name != "--force" && name != "--force-all":
			left = append(left, words[i])
		}
	}
	return left
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// typed is a command line as a shell reads it.
func typed(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = word
		if !plainWord.MatchString(word) {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
