//go:build slow

package cli

import (
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// onDisk runs a shell script as root of a small disk of its own, mounted at the
// folder disk, that nobody else sees. In it, clinflow runs the DAG with its output
// on that disk, and `attempt NAME` keeps its exit code and error.
func onDisk(t *testing.T, dir, kilobytes, script string) {
	t.Helper()
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		t.Fatal("this test needs unshare from util-linux: ", err)
	}
	const prelude = `set -eu
mkdir -p disk kept && mount -t tmpfs -o size="$1" disk disk
attempt() {
	code=0
	"$clinflow" run faults.yaml --quiet --out disk/out 2>"kept/$1.stderr" || code=$?
	echo "$code" >"kept/$1.code"
}
room() { mount -o "remount,size=$(($(df --output=used -k disk | tail -1) + $1))k" disk; }
`
	cmd := command(t, dir)
	cmd.Args = []string{unshare, "--user", "--map-root-user", "--mount", "sh", "-c", prelude + script, "sh", kilobytes + "k"}
	cmd.Env = append(cmd.Env, "clinflow="+cmd.Path)
	cmd.Path = unshare
	if r := finish(t, cmd); r.code != 0 {
		t.Fatalf("the script ended with %d:\n%s", r.code, withheld(r.all()))
	}
}

// attempted is how an attempt of a script ended.
func attempted(t *testing.T, dir, name string) result {
	t.Helper()
	code, err := strconv.Atoi(strings.TrimSpace(read(t, dir, "kept", name+".code")))
	if err != nil {
		t.Fatal(err)
	}
	return result{stderr: read(t, dir, "kept", name+".stderr"), code: code}
}

var stepOfPath = regexp.MustCompile(`disk/out/(?:steps/)?([a-z_]+)`)

// A run whose disk is full says which file had no room, leaves no dataset that
// looks whole, and ends with the same bytes once there is room.
func TestSlowFullDisk(t *testing.T) {
	dir, sound := everyKind(t)
	want := outputs(t, sound)
	hit := map[string]int{}
	sizes := []string{"4", "8", "64", "160", "256", "320", "512", "640", "700", "1000", "1400", "2000"}
	for _, size := range sizes {
		onDisk(t, dir, size, `
attempt full
"$clinflow" verify disk/out >kept/verify 2>&1 || grep -q 'no dataset here' kept/verify
mount -o remount,size=64m disk
attempt again
"$clinflow" runs list --out disk/out >kept/runs
rm -rf kept/out && cp -r disk/out kept/out
`)
		hit[checkFull(t, attempted(t, dir, "full"))]++
		checkAgain(t, dir, size+" KiB", want)
	}
	t.Logf("disks of %d sizes: full in %v; all ended with the same bytes once there was room", len(sizes), hit)
}

// Every step of the DAG in turn finds a disk with next to no room for its output.
func TestSlowDiskFullInEveryStep(t *testing.T) {
	dir, sound := everyKind(t)
	want := outputs(t, sound)
	hit, attempts := map[string]int{}, 0
	for _, step := range []string{"mimic", "patients", "split", "texts", "label_set", "labels", "tokenizer", "tokens", "base", "adapter", "predictions", "auroc", "report"} {
		onDisk(t, dir, "65536", fmt.Sprintf(`
attempt sound
for left in 0 4 8; do
	rm -rf disk/out/steps/%[1]s-*
	room $left
	attempt full-$left
	test -z "$(find disk/out/steps -path '*/%[1]s-*/manifest.json')"
	mount -o remount,size=64m disk
done
attempt again
rm -rf kept/out && cp -r disk/out kept/out
`, step))
		for _, left := range []string{"0", "4", "8"} {
			hit[checkFull(t, attempted(t, dir, "full-"+left))]++
			attempts++
		}
		checkAgain(t, dir, step, want)
	}
	t.Logf("%d attempts with up to 8 KiB left: full in %v; all ended with the same bytes once there was room", attempts, hit)
}

// checkFull wants a failure for want of room, and returns where it struck: in a
// step, or in the journal.
func checkFull(t *testing.T, r result) string {
	t.Helper()
	if r.code != 1 {
		t.Errorf("exit code %d, want 1", r.code)
	}
	oneError(t, r, "no space left on device", "make room there", "disk/out/")
	place := stepOfPath.FindStringSubmatch(r.stderr)
	if place == nil {
		return "no file"
	}
	return place[1]
}

func checkAgain(t *testing.T, dir, what string, want map[string]string) {
	t.Helper()
	if r := attempted(t, dir, "again"); r.code != 0 {
		t.Errorf("%s: with room: exit code %d\n%s", what, r.code, withheld(r.stderr))
	}
	out := filepath.Join(dir, "kept", "out")
	if !maps.Equal(want, outputs(t, out)) {
		t.Errorf("%s: with room, other bytes than those of an undisturbed run", what)
	}
	noCanaryBelow(t, out)
}

// A folder that may only be read is named, with what to do; what is there already
// is not touched.
func TestSlowReadOnlyFolder(t *testing.T) {
	dir, sound := everyKind(t)
	want := outputs(t, sound)
	for _, tt := range []struct{ name, before string }{
		{"nothing there", ``},
		{"a run's folder", `attempt sound; rm -rf disk/out/steps/tokens-*`},
		{"a whole run", `attempt sound`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onDisk(t, dir, "65536", tt.before+`
mount -o remount,ro disk
attempt refused
mount -o remount,rw disk
attempt again
rm -rf kept/out && cp -r disk/out kept/out
`)
			r := attempted(t, dir, "refused")
			if r.code != 1 {
				t.Errorf("exit code %d, want 1", r.code)
			}
			oneError(t, r, "read-only file system", "disk/out", "make the folder writable")
			checkAgain(t, dir, tt.name, want)
		})
	}
}
