package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/store/gs/gstest"
)

const smallDAG = `
name: small
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 40}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 2}}
  split: {stage: split.hash, in: {patients: patients}}
`

// What a user types with a bucket for a folder. The slow suite has the whole demo.
func TestRunInABucket(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	server := gstest.New(t)
	dir, out := t.TempDir(), gstest.URI("out")
	write(t, filepath.Join(dir, "small.yaml"), smallDAG)
	run := []string{"run", "small.yaml", "--out", out}
	noCanary(t, "the streams", clinflow(t, dir, 0, run...).all())
	if again := clinflow(t, dir, 0, run...); strings.Contains(again.stderr, "step started") {
		t.Errorf("what is there was made again:\n%s", again.stderr)
	}
	if list := clinflow(t, dir, 0, "runs", "list", "--out", out).stdout; strings.Count(list, "small") != 2 {
		t.Errorf("two runs are listed as\n%s", list)
	}
	clinflow(t, dir, 0, "verify", out)
	damage(t, server)
	if told := clinflow(t, dir, 3, "verify", out).stderr; !strings.Contains(told, "is damaged") {
		t.Errorf("a damaged part is told as\n%s", told)
	}
}

// damage changes a byte of a part.
func damage(t *testing.T, server *gstest.Server) {
	t.Helper()
	for _, object := range server.Objects(t, "out/steps/patients-") {
		if strings.HasSuffix(object.Name, ".parquet") {
			object.Content[len(object.Content)/2] ^= 1
			server.Fake.CreateObject(object)
			return
		}
	}
	t.Fatal("no part lies in the bucket")
}

func TestOtherStoresAreRefusedByName(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "small.yaml"), smallDAG)
	for uri, name := range map[string]string{"s3://bucket/out": "Amazon S3", "az://container/out": "Azure Blob Storage", "hdfs://host/out": "HDFS"} {
		if told := clinflow(t, dir, 2, "run", "small.yaml", "--out", uri).stderr; !strings.Contains(told, name+" is not read; copy it to a local folder or a gs:// bucket") {
			t.Errorf("%s: %s", uri, told)
		}
	}
}
