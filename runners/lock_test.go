package runners

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

// whileHeld runs a DAG and does something in the middle of it.
func whileHeld(t *testing.T, out string, do func()) {
	t.Helper()
	f := &fake{before: map[string]func(context.Context) error{"top": func(context.Context) error {
		do()
		return nil
	}}}
	if err := Execute(t.Context(), stages.Default, parse(t, nil), f, Options{Out: out, Workers: 1}); err != nil {
		t.Fatal(err)
	}
}

func TestASecondRunIsRefusedAndToldByWhom(t *testing.T) {
	out, began := t.TempDir(), time.Now().Add(-time.Second)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	whileHeld(t, out, func() {
		before := files(t, out)
		second := Execute(t.Context(), stages.Default, forced(parse(t, nil), true), &fake{}, Options{Out: out, Workers: 1})
		if exit.Of(second) != exit.Retry {
			t.Fatalf("exit %d, %v", exit.Of(second), second)
		}
		told := regexp.MustCompile(`another run is at work in (.+): process (\d+) on "(.+)", since (\S+); wait for its end`).FindStringSubmatch(second.Error())
		if told == nil || told[1] != out || told[2] != fmt.Sprint(os.Getpid()) || told[3] != host {
			t.Fatalf("told %q by %v", told, second)
		}
		if since, err := time.Parse(time.RFC3339, told[4]); err != nil || since.Before(began) || since.After(time.Now()) {
			t.Errorf("since %s, %v", told[4], err)
		}
		if diff := cmp.Diff(before, files(t, out)); diff != "" {
			t.Errorf("the refused run touched the folder: %s", diff)
		}
	})
	if text := files(t, filepath.Join(out, "runs"))["lock"]; text != "" {
		t.Errorf("the lock of a finished run still names one: %s", text)
	}
}

// What the lock file says of its holder decides nothing.
func TestALockFileOfAnyText(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "cut off": `{"process": 12, "ho`, "other JSON": `["process"]`, "no process": `{}`,
		"bytes": "\x00\xff\xfe", "of a killed run": `{"process":1,"host":"h","started":"2026-01-02T03:04:05Z"}`,
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			file := filepath.Join(out, "runs", "lock")
			if err := errors.Join(os.Mkdir(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
				t.Fatal(err)
			}
			whileHeld(t, out, func() {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				err := Execute(t.Context(), stages.Default, parse(t, nil), &fake{}, Options{Out: out, Workers: 1})
				want := "another run is at work in " + out + "; wait for its end, or name another output folder"
				if strings.HasPrefix(name, "of a") {
					want = strings.Replace(want, ";", `: process 1 on "h", since 2026-01-02T03:04:05Z;`, 1)
				}
				if exit.Of(err) != exit.Retry || err.Error() != want {
					t.Errorf("exit %d, %v", exit.Of(err), err)
				}
			})
		})
	}
}

// A lock file that is another's file under a second name is neither written nor
// emptied.
func TestALockFileThatLeadsElsewhere(t *testing.T) {
	for name, link := range map[string]func(old, new string) error{"symbolic": os.Symlink, "hard": os.Link} {
		t.Run(name, func(t *testing.T) {
			out, precious := t.TempDir(), filepath.Join(t.TempDir(), "precious")
			lock := filepath.Join(out, "runs", "lock")
			if err := errors.Join(os.Mkdir(filepath.Dir(lock), 0o700), os.WriteFile(precious, []byte("precious"), 0o600), link(precious, lock)); err != nil {
				t.Fatal(err)
			}
			err := Execute(t.Context(), stages.Default, parse(t, nil), &fake{}, Options{Out: out, Workers: 1})
			if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), lock) {
				t.Errorf("exit %d, %v", exit.Of(err), err)
			}
			if text, err := os.ReadFile(precious); string(text) != "precious" || err != nil {
				t.Errorf("the file became %q, %v", text, err)
			}
		})
	}
}
