package ingest_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/rawcsv"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// damage is what may happen to a file: what lies there then, and what is said of it.
type damage struct {
	name string
	file string // its name's end
	data func(t *testing.T, text string) []byte
	says string
}

func packed(change func(text string) string) func(*testing.T, string) []byte {
	return func(t *testing.T, text string) []byte { return compress(t, change(text)) }
}

func plain(change func(text string) string) func(*testing.T, string) []byte {
	return func(_ *testing.T, text string) []byte { return []byte(change(text)) }
}

// cut leaves a part of the packed file.
func cut(left func(n int) int) func(*testing.T, string) []byte {
	return func(t *testing.T, text string) []byte {
		whole := compress(t, text)
		return whole[:left(len(whole))]
	}
}

var damages = []damage{
	{"cut in the middle", ".csv.gz", cut(func(n int) int { return n / 2 }), "the file is truncated, copy it again"},
	{"cut before the last byte", ".csv.gz", cut(func(n int) int { return n - 1 }), "the file is truncated, copy it again"},
	{"no byte, packed", ".csv.gz", cut(func(int) int { return 0 }), "the file is empty"},
	{"no byte", ".csv", plain(func(string) string { return "" }), "the file is empty"},
	{"gzip of nothing", ".csv.gz", packed(func(string) string { return "" }), "the file is empty"},
	{"blank lines", ".csv", plain(func(string) string { return "\n\r\n\n" }), "the file is empty"},
	{"zeros", ".csv.gz", plain(func(s string) string { return strings.Repeat("\x00", len(s)) }), "not a gzip file"},
	{"text named as gzip", ".csv.gz", plain(func(s string) string { return s }), "not a gzip file"},
	{"no header", ".csv", plain(func(s string) string { return canary + s[strings.Index(s, "\n"):] }), "the first row has none of the columns"},
	{"a quote left open", ".csv", plain(func(s string) string { return s + "\"" + canary }), "a quote is not closed"},
	{"a quote out of place", ".csv", plain(func(s string) string { return s + canary + "\"\n" }), "a quote is not closed or stands inside a field"},
}

// Every file of both databases is refused where it is damaged: by its name, with what to
// do, and without a word of what stands in it.
func TestDamagedFiles(t *testing.T) {
	for stage, sound := range map[string]tree{"ingest.mimiciv": newTree(), "ingest.mimiciii": newTreeIII()} {
		root := sound.write(t)
		for _, file := range slices.Sorted(maps.Keys(sound)) {
			for _, d := range damages {
				replace(t, root, file, d.file, d.data(t, sound[file]))
				if _, err := stagetest.Try(t, stage, config(root), nil); err == nil {
					t.Errorf("%s, %s: it is taken", file, d.name)
				} else {
					checkError(t, err, exit.BadData, file+d.file, d.says)
				}
			}
			replace(t, root, file, ".csv", []byte(sound[file]))
		}
	}
}

// A file that is not there, or there twice, is named before anything is read; so is a
// table that has its header alone taken for one without rows.
func TestMissingAndDoubledFiles(t *testing.T) {
	for stage, sound := range map[string]tree{"ingest.mimiciv": newTree(), "ingest.mimiciii": newTreeIII()} {
		whole := stagetest.Run(t, stage, config(sound.write(t)), nil).Manifest.Counts
		for _, file := range slices.Sorted(maps.Keys(sound)) {
			root := sound.write(t)
			writeFile(t, filepath.Join(root, file+".csv"), []byte(sound[file]))
			_, err := stagetest.Try(t, stage, config(root), nil)
			checkError(t, err, exit.Usage, file+".csv.gz and "+file+".csv are both there, and may differ; keep one of the two")

			header, _, _ := strings.Cut(sound[file], "\n")
			replace(t, root, file, ".csv", []byte(header))
			counts := stagetest.Run(t, stage, config(root), nil).Manifest.Counts
			if want := whole["read"] - int64(rowsOf(sound[file])); counts["read"] != want || counts["quarantined"] != 0 {
				t.Errorf("%s with its header alone: counts %v, want %d read", file, counts, want)
			}

			if err := os.Remove(filepath.Join(root, file+".csv")); err != nil {
				t.Fatal(err)
			}
			_, faults := check(t, stage, config(root))
			if len(faults) != 1 || !strings.Contains(faults[0].What(), "missing "+root+"/"+file+".csv.gz; give root") {
				t.Errorf("%s: %v", file, faults)
			}
		}
	}
}

// Bytes that no text holds, and a record that is cut, are one bad record of any file.
func TestUnreadableRecordsOfEveryFile(t *testing.T) {
	for stage, sound := range map[string]tree{"ingest.mimiciv": newTree(), "ingest.mimiciii": newTreeIII()} {
		bad := map[string][]badRecord{}
		for file, text := range sound {
			header, _, _ := strings.Cut(text, "\n")
			empty := strings.Repeat(",", strings.Count(header, ","))
			bad[file] = []badRecord{
				{canary + "\xc3\x28" + empty, "invalid_utf8"}, {canary + "\x00" + empty, "nul_byte"},
				{canary + empty + ",", "field_count"}, {canary + empty[1:], "field_count"},
			}
		}
		quarantined(t, stage, sound, bad)
	}
}

// replace puts something else in a file's place.
func replace(t *testing.T, root, file, end string, data []byte) {
	t.Helper()
	for _, suffix := range rawcsv.Suffixes {
		if err := os.RemoveAll(filepath.Join(root, file+suffix)); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, filepath.Join(root, file+end), data)
}
