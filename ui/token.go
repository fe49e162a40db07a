package ui

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// leastToken is how long a token must be: nobody guesses one of that length.
const leastToken = 16

// ReadToken reads a token from a file that its owner alone may read. Where there is none,
// one is made.
func ReadToken(name string) (token string, err error) {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return makeToken(name)
	}
	if err != nil {
		return "", exit.Errorf(exit.Usage, "--token-file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", exit.Errorf(exit.Usage, "--token-file: %s is no file; name one, and it is made", name)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", exit.Errorf(exit.Usage, "--token-file: others may read %s; type `chmod 600 %s`", name, name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return "", exit.Errorf(exit.Usage, "--token-file: %w", err)
	}
	if token = strings.TrimSpace(string(text)); len(token) < leastToken {
		return "", exit.Errorf(exit.Usage, "--token-file: the token in %s is shorter than %d characters; remove the file, and one is made", name, leastToken)
	}
	return token, nil
}

func makeToken(name string) (token string, err error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", exit.Errorf(exit.Usage, "--token-file: %w", err)
	}
	token = rand.Text()
	_, err = file.WriteString(token + "\n")
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(name) // half a token would be refused from then on
		return "", store.DiskError("--token-file: write", name, err)
	}
	return token, nil
}
