package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

// ErrDamaged is a sealed file whose text is not what was written.
var ErrDamaged = errors.New("is damaged: its text has another sha256 than its first line says")

// WriteSealed writes a small file that nothing else vouches for: below a line with
// the sha256 of its own text.
func WriteSealed(ctx context.Context, dir Dir, name string, text []byte) error {
	return WriteFile(ctx, dir, name, slices.Concat(sumLine(text), text))
}

// ReadSealed returns the text of a sealed file. Errors: fs.ErrNotExist, ErrDamaged.
func ReadSealed(ctx context.Context, dir Dir, name string) ([]byte, error) {
	data, err := ReadFile(ctx, dir, name)
	if err != nil {
		return nil, err
	}
	_, text, _ := bytes.Cut(data, []byte("\n"))
	if !bytes.Equal(data, slices.Concat(sumLine(text), text)) {
		return nil, fmt.Errorf("%s/%s %w", dir.URI(), name, ErrDamaged)
	}
	return text, nil
}

func sumLine(text []byte) []byte {
	sum := sha256.Sum256(text)
	return append(hex.AppendEncode(nil, sum[:]), '\n')
}
