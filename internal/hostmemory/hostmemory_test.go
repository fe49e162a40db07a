package hostmemory

import (
	"fmt"
	"testing"
	"testing/fstest"
)

func TestSpareLeavesAQuarter(t *testing.T) {
	const mib = 1 << 20
	system := func(available int, more map[string]string) fstest.MapFS {
		root := fstest.MapFS{"proc/meminfo": {Data: fmt.Appendf(nil, "MemTotal: %d kB\nMemFree: 1 kB\nMemAvailable: %d kB\n", 1000<<10, available<<10)}}
		for name, text := range more {
			root[name] = &fstest.MapFile{Data: []byte(text)}
		}
		return root
	}
	bytes := func(n int) string { return fmt.Sprintln(n * mib) }
	for name, c := range map[string]struct {
		root  fstest.MapFS
		spare int64 // MiB, the most that can be taken
		total int64 // MiB
	}{
		"a machine":              {system(900, nil), 650, 1000},
		"a machine that is full": {system(250, nil), 0, 1000},
		"a container": {system(900, map[string]string{
			"proc/self/cgroup":                       "0::/a.slice/b\n",
			"sys/fs/cgroup/a.slice/b/memory.max":     "max\n",
			"sys/fs/cgroup/a.slice/b/memory.current": bytes(50),
			"sys/fs/cgroup/a.slice/memory.max":       bytes(400),
			"sys/fs/cgroup/a.slice/memory.current":   bytes(200),
			"sys/fs/cgroup/a.slice/memory.stat":      "anon 1\ninactive_file " + bytes(80),
			"sys/fs/cgroup/memory.pressure":          "",
		}), 180, 400},
		"a container that is the root to itself": {system(900, map[string]string{
			"proc/self/cgroup":             "0::/host/of/it\n",
			"sys/fs/cgroup/memory.max":     bytes(400),
			"sys/fs/cgroup/memory.current": bytes(200),
		}), 100, 400},
		"a container of version 1": {system(900, map[string]string{
			"proc/self/cgroup": "5:cpu,cpuacct:/x\n4:hugetlb,memory:/job\n0::/\n",
			"sys/fs/cgroup/memory/job/memory.limit_in_bytes": bytes(400),
			"sys/fs/cgroup/memory/job/memory.usage_in_bytes": bytes(120),
			"sys/fs/cgroup/memory/memory.limit_in_bytes":     "9223372036854771712\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes":     bytes(900),
		}), 180, 400},
	} {
		if !spare(c.root, c.spare*mib) || spare(c.root, c.spare*mib+1) {
			t.Errorf("%s: not just %d MiB can be spared", name, c.spare)
		}
		if got := total(c.root); got != c.total*mib {
			t.Errorf("%s: %d bytes in all, want %d MiB", name, got, c.total)
		}
	}
	if !spare(fstest.MapFS{}, 1<<60) {
		t.Error("where nobody tells what there is, something was refused")
	}
	if got := total(fstest.MapFS{}); got != 0 {
		t.Errorf("%d bytes where nobody tells", got)
	}
}
