//go:build slow

package cli

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

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
	want := outputs(t, first)
	for _, args := range [][]string{
		{"--workers", "2"}, {"--runner", "prism", "--workers", "1"}, {"--runner", "prism", "--workers", "2"},
	} {
		out := tinyDemo(t, args...)
		t.Logf("%v, against one worker on direct", args)
		sameOutputs(t, want, outputs(t, out))
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
