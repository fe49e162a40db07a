package cli

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/clinflow/clinflow/internal/confidential"
)

// again is the command to type again. It goes into the log, so … stands in it for what may
// be a secret.
func again(words []string) string {
	told := []string{filepath.Base(words[0])}
	for i, word := range words[1:] {
		if flag, value, joined := strings.Cut(word, "="); joined && strings.HasPrefix(flag, "--") {
			told = append(told, flag+"="+public(flag, value))
		} else {
			told = append(told, public(words[i], word)) // words[i] is the word before
		}
	}
	return typed(told)
}

// kept stands for what only whoever typed it knows.
const kept = "…"

// public is the value of a flag as others may read it: not whom a failure is told to, nor
// what is confidential by its name.
func public(flag, value string) string {
	name, of, named := strings.Cut(value, "=")
	switch {
	case flag == "--on-failure" || flag == "--on-failure-url":
		return kept
	case flag == "--set" && named && confidential.Is(name, of):
		return name + "=" + kept
	case confidential.Is(strings.TrimPrefix(flag, "--"), value):
		return kept
	default:
		return value
	}
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
