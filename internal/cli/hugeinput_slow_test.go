//go:build slow

package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// A field or a row without end is refused, and no more memory is taken for one
// four times as long.
func TestSlowRecordsWithoutEnd(t *testing.T) {
	const megabytes, columns = 100 << 20, 10_000_000
	dir := soundTree(t)
	path := filepath.Join(dir, dischargeGzip)
	sound := unzipped(t, path)
	header, _, _ := strings.Cut(sound, "\n")
	const tooLong, tooMany = "the record is longer than 16 MiB", "the record has more than 65536 fields"
	for _, tt := range []struct {
		name, before, piece string
		pieces              int
		says                string
	}{
		{"100 MB field in quotes", sound + "1,1,1,DS,1,,,\"" + secret, "x", megabytes, tooLong},
		{"100 MB field without quotes", sound + "1,1,1,DS,1,,," + secret, "x", megabytes, tooLong},
		{"100 MB of doubled quotes", sound + "1,1,1,DS,1,,,\"", `""`, megabytes / 2, tooLong},
		{"100 MB of line ends in quotes", sound + "1,1,1,DS,1,,,\"", "\r\n", megabytes / 2, tooLong},
		{"100 MB of line ends between records", sound, "\n", megabytes, tooLong},
		{"100 MB of NULs", sound, "\x00", megabytes, tooLong},
		{"100 MB id", sound + "1,", "1", megabytes, tooLong},
		{"100 MB name of a column", header, "x", megabytes, tooLong},
		{"10 million columns in the header", header, ",", columns, tooMany},
		{"10 million named columns", header, "," + secret, columns, tooMany},
		{"10 million columns in a row", sound + secret, ",", columns, tooMany},
		{"10 million columns in quotes", sound, `"",`, columns, tooMany},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var peaks [2]int64
			for i, times := range []int{1, 4} {
				fill(t, path, tt.before, tt.piece, tt.pieces*times)
				out := t.TempDir()
				cmd := command(t, dir, "run", "faults.yaml", "--quiet", "--out", out)
				r := finish(t, cmd)
				if r.code != 3 {
					t.Fatalf("exit code %d, want 3\n%s", r.code, withheld(r.all()))
				}
				oneError(t, r, "note/discharge.csv.gz", "row ", "byte ", tt.says)
				noDataset(t, out)
				peaks[i] = peakMiB(cmd.ProcessState)
			}
			t.Logf("peak memory %d MiB, four times as long %d MiB", peaks[0], peaks[1])
			if peaks[1] > 2*peaks[0] {
				t.Errorf("peak memory grows with the record: %v MiB", peaks)
			}
		})
	}
}

// fill writes a gzip file: text, then a piece many times.
func fill(t *testing.T, path, text, piece string, times int) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := gzip.NewWriterLevel(file, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	const chunk = 1 << 16
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	many := strings.Repeat(piece, chunk)
	for ; times > 0; times -= chunk {
		if _, err := io.WriteString(w, many[:min(times, chunk)*len(piece)]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// peakMiB is the most memory that an ended command had at once, or this process
// when it started the command, whichever is more.
func peakMiB(command *os.ProcessState) int64 {
	return command.SysUsage().(*syscall.Rusage).Maxrss >> 10 // KiB on Linux
}
