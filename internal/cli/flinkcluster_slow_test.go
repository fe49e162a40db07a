//go:build slow

package cli

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// alone runs a test again, in a network of its own that has loopback and nothing else:
// Beam's servers of Java and Python listen everywhere, whatever they are told. It says
// whether this is that run.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv("CLINFLOW_TEST_ALONE") != "" {
		raiseLoopback(t)
		return true
	}
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		t.Fatal("this test needs unshare from util-linux: ", err)
	}
	cmd := exec.CommandContext(t.Context(), unshare, "--user", "--map-root-user", "--net", os.Args[0], "-test.v", "-test.run", flag.Lookup("test.run").Value.String())
	cmd.Env = append(os.Environ(), "CLINFLOW_TEST_ALONE=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
	return false
}

func raiseLoopback(t *testing.T) {
	t.Helper()
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(socket)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request); err != nil {
		t.Fatal(err)
	}
	interfaces, err := net.Interfaces()
	if err != nil || len(interfaces) != 1 || interfaces[0].Flags&net.FlagLoopback == 0 {
		t.Fatalf("interfaces %v, %v; want loopback alone", interfaces, err)
	}
}

// flink is a session cluster with its job server, started as docs/flink.md says.
type flink struct{ folder string }

const flinkScript = "../../docs/flink/cluster"

func startFlink(t *testing.T, jars string) *flink {
	t.Helper()
	f := &flink{t.TempDir()}
	t.Cleanup(func() {
		for _, pid := range ours(t) {
			_ = syscall.Kill(pid, syscall.SIGKILL) // a test has failed
		}
	})
	if said, err := exec.Command(flinkScript, "start", jars, f.folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return f
}

// stop ends the cluster.
func (f *flink) stop(t *testing.T) {
	t.Helper()
	if said, err := exec.Command(flinkScript, "stop", f.folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
}

func (f *flink) pid(t *testing.T, name string) int {
	t.Helper()
	pid, err := strconv.Atoi(strings.TrimSpace(read(t, f.folder, name+".pid")))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// flinkJob is a job as Flink's page knows it.
type flinkJob struct{ ID, Name, State string }

func (f *flink) jobs(t *testing.T) (jobs []flinkJob) {
	t.Helper()
	answer, err := http.Get("http://127.0.0.1:8081/jobs/overview")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var overview struct {
		Jobs []struct{ Jid, Name, State string }
	}
	if err := json.NewDecoder(answer.Body).Decode(&overview); err != nil {
		t.Fatal(err)
	}
	for _, j := range overview.Jobs {
		jobs = append(jobs, flinkJob{j.Jid, j.Name, j.State})
	}
	return jobs
}

// since are the jobs that were not there before.
func (f *flink) since(t *testing.T, before []flinkJob) []flinkJob {
	t.Helper()
	return slices.DeleteFunc(f.jobs(t), func(j flinkJob) bool {
		return slices.ContainsFunc(before, func(b flinkJob) bool { return b.ID == j.ID })
	})
}

// ours are the living processes in this process's network, which is its own.
func ours(t testing.TB) (pids []int) {
	t.Helper()
	network, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range processes {
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			t.Fatal(err)
		}
		// What has ended meanwhile, or is a zombie, has no network.
		if of, err := os.Readlink(folder + "/ns/net"); err == nil && of == network && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}

// command line of a process; "": it has ended.
func commandLine(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return strings.TrimSpace(strings.ReplaceAll(string(text), "\x00", " "))
}

// workers are the processes that engines have started.
func workers(t testing.TB) (pids []int) {
	t.Helper()
	return slices.DeleteFunc(ours(t), func(pid int) bool { return !strings.Contains(commandLine(pid), "--provision_endpoint=") })
}

// listening are the addresses that a process listens at.
func listening(t testing.TB, pid int) (addresses []net.IP) {
	t.Helper()
	sockets := map[string]bool{}
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		target, _ := os.Readlink(file)
		if inode, is := strings.CutPrefix(target, "socket:["); is {
			sockets[strings.TrimSuffix(inode, "]")] = true
		}
	}
	for _, table := range []string{"tcp", "tcp6"} {
		for line := range strings.Lines(read(t, "/proc/self/net", table)) {
			const local, state, inode, listen = 1, 3, 9, "0A"
			fields := strings.Fields(line)
			if len(fields) > inode && fields[state] == listen && sockets[fields[inode]] {
				addresses = append(addresses, addressOf(t, fields[local]))
			}
		}
	}
	return addresses
}

// addressOf reads what /proc/net/tcp writes: words of four bytes, the last byte first.
func addressOf(t testing.TB, text string) net.IP {
	t.Helper()
	digits, _, _ := strings.Cut(text, ":")
	address := make(net.IP, len(digits)/2)
	for i := range address {
		b, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		address[i/4*4+3-i%4] = byte(b)
	}
	return address
}

// until waits for something to be so.
func until(t testing.TB, what string, within time.Duration, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, within)
		}
	}
}
