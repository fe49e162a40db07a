//go:build slow

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// bytesBelow digests every file of the steps below an output folder, by name.
func bytesBelow(t *testing.T, out string) map[string]string {
	t.Helper()
	steps, digests := filepath.Join(out, "steps"), map[string]string{}
	err := filepath.WalkDir(steps, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			sum := sha256.Sum256([]byte(read(t, path)))
			digests[strings.TrimPrefix(path, steps)] = hex.EncodeToString(sum[:])
		}
		return err
	})
	if err != nil || len(digests) == 0 {
		t.Fatalf("%d files below %s: %v", len(digests), steps, err)
	}
	return digests
}

func tinyDemo(t *testing.T, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	r := clinflow(t, dir, 0, append([]string{"demo", "--scale", "tiny"}, args...)...)
	noCanary(t, strings.Join(args, " "), r.all())
	noCanaryBelow(t, filepath.Join(dir, "clinflow-demo"))
	return filepath.Join(dir, "clinflow-demo")
}

func TestSlowSameBytesOnEveryRunnerAndWorkerCount(t *testing.T) {
	first := tinyDemo(t, "--workers", "1")
	want := bytesBelow(t, first)
	for _, args := range [][]string{
		{"--workers", "2"}, {"--runner", "prism", "--workers", "1"}, {"--runner", "prism", "--workers", "2"},
	} {
		out := tinyDemo(t, args...)
		got := bytesBelow(t, out)
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if got[name] != want[name] {
				t.Errorf("%v: %s is not as with one worker on direct", args, name)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%v: %d files, want %d", args, len(got), len(want))
		}
		if read(t, out, "metrics.json") != read(t, first, "metrics.json") {
			t.Errorf("%v: other metrics", args)
		}
	}
}

func TestSlowSameMetricsForAnyNumberOfParts(t *testing.T) {
	few, many := tinyDemo(t, "--set", "shards=4"), tinyDemo(t, "--set", "shards=64")
	if read(t, few, "metrics.json") != read(t, many, "metrics.json") {
		t.Error("4 and 64 parts give other metrics")
	}
}

// Without any network interface up, not even loopback, the demo must pass.
func TestSlowDemoWithoutNetwork(t *testing.T) {
	dir := t.TempDir()
	cmd := command(t, dir, "demo", "--scale", "tiny")
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		t.Fatal("this test needs unshare from util-linux: ", err)
	}
	cmd.Args = append([]string{unshare, "--user", "--map-root-user", "--net", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = unshare
	if r := finish(t, cmd); r.code != 0 {
		t.Fatalf("exit code %d without a network:\n%s", r.code, r.all())
	}
	checkMetrics(t, metricsOf(t, filepath.Join(dir, "clinflow-demo")))
}
