package textio

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
)

func TestOneMarkIsTakenOffTheStart(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a": "a", "\uFEFF": "", "\uFEFFname": "name", "\uFEFF\uFEFFx": "\uFEFFx", "x\uFEFF": "x\uFEFF", "\xEF\xBB": "\xEF\xBB",
	} {
		if got := string(WithoutMark([]byte(text))); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		got, err := io.ReadAll(SkipMark(iotest.OneByteReader(strings.NewReader(text))))
		if err != nil || string(got) != want {
			t.Errorf("%q read byte by byte: %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestAnEndlessFileIsReadToTheLimit(t *testing.T) {
	if data, err := ReadFile(t.Context(), "/dev/zero", 100); err != nil || len(data) != 101 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("whole"), 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err := ReadFile(t.Context(), file, 5); err != nil || string(data) != "whole" {
		t.Errorf("%q, %v", data, err)
	}
}

func TestReadingEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	open, write := io.Pipe()
	defer write.Close()
	if _, err := io.ReadAll(Interruptible(ctx, open)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a pipe that nobody closes: %v", err)
	}
	whole, err := io.ReadAll(Interruptible(t.Context(), iotest.DataErrReader(strings.NewReader("whole text"))))
	if err != nil || string(whole) != "whole text" {
		t.Errorf("%q, %v", whole, err)
	}
}

func TestALinkToNothingIsNamed(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Fatal(err)
	}
	if _, err := Whole(link); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), link+" is a link to a file that is not there") {
		t.Error(err)
	}
	if _, err := Whole(link + "s"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
