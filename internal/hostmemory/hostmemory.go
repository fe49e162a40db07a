// Package hostmemory tells how much memory the machine has left, and the container
// that the process may run in.
package hostmemory

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// reserve is the part of memory that Spare leaves: other processes, the system's cache
// of files and what this process asks for later live on it.
const reserve = 4

// Spare says whether so many bytes can be taken for something that could do without. It
// can where a quarter of the memory is left, and where nobody tells.
func Spare(bytes int64) bool { return spare(os.DirFS("/"), bytes) }

func spare(root fs.FS, bytes int64) bool {
	for _, m := range append(containers(root), machine(root)) {
		if m.total > 0 && m.free-bytes < m.total/reserve {
			return false
		}
	}
	return true
}

// Total is the memory of the machine, or of a container that may have less; 0 where
// nobody tells.
func Total() int64 { return total(os.DirFS("/")) }

func total(root fs.FS) (least int64) {
	for _, m := range append(containers(root), machine(root)) {
		if m.total > 0 && (least == 0 || m.total < least) {
			least = m.total
		}
	}
	return least
}

// room is memory in bytes; a total of 0 is not known.
type room struct{ free, total int64 }

// machine reads /proc/meminfo (proc(5)), whose numbers are in KiB.
func machine(root fs.FS) room {
	at := fields(root, "proc/meminfo")
	return room{at["MemAvailable:"] << 10, at["MemTotal:"] << 10}
}

// files are where a version of control groups tells of memory: the kernel's
// admin-guide/cgroup-v2.rst and admin-guide/cgroup-v1/memory.rst.
type files struct{ folder, limit, used, cached string }

var (
	version1 = files{"sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"}
	version2 = files{"sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"}
)

// containers are the limits of the process's control group and of those above it. A
// container may see its own as the root.
func containers(root fs.FS) (all []room) {
	text, _ := fs.ReadFile(root, "proc/self/cgroup") // number:controllers:/group a line
	for line := range strings.Lines(string(text)) {
		words := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(words) < 3:
		case words[1] == "":
			all = append(all, version2.above(root, words[2])...)
		case slices.Contains(strings.Split(words[1], ","), "memory"):
			all = append(all, version1.above(root, words[2])...)
		}
	}
	return all
}

// above are the limits of a group and of all that it is in. Files that are only cached
// count as free: the kernel lets go of them.
func (f files) above(root fs.FS, group string) (all []room) {
	for group = path.Clean("/" + group); ; group = path.Dir(group) {
		at := path.Join(f.folder, group)
		total := number(root, path.Join(at, f.limit))
		used := number(root, path.Join(at, f.used)) - fields(root, path.Join(at, "memory.stat"))[f.cached]
		all = append(all, room{total - used, total})
		if group == "/" {
			return all
		}
	}
}

// number is 0 for a file that is not there, and for "max", which is no limit.
func number(root fs.FS, name string) int64 {
	text, _ := fs.ReadFile(root, name)
	n, _ := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	return n
}

// fields are the numbers of a file of names and numbers, a pair a line.
func fields(root fs.FS, name string) map[string]int64 {
	text, _ := fs.ReadFile(root, name)
	out := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) >= 2 {
			out[words[0]], _ = strconv.ParseInt(words[1], 10, 64)
		}
	}
	return out
}
