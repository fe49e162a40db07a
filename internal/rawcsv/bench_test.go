package rawcsv

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// benchBytes is how much text is read.
const benchBytes = 20 << 20

// benchNotes are note-like rows, of several kB each.
func benchNotes() string {
	var text strings.Builder
	text.WriteString("note_id,subject_id,hadm_id,text\n")
	for n := 0; text.Len() < benchBytes; n++ {
		fmt.Fprintf(&text, "%d-DS-1,%d,%d,\"", n, n, n)
		for line := range 60 {
			fmt.Fprintf(&text, "Chief Complaint %x: \"\"___\"\" seen and examined\n", sha256.Sum256([]byte{byte(line), byte(n), byte(n >> 8)}))
		}
		text.WriteString("\"\n")
	}
	return text.String()
}

// benchCharts are rows like those of chartevents, of short fields.
func benchCharts() string {
	var text strings.Builder
	text.WriteString("subject_id,hadm_id,stay_id,caregiver_id,charttime,storetime,itemid,value,valuenum,valueuom,warning\n")
	for n := 0; text.Len() < benchBytes; n++ {
		fmt.Fprintf(&text, "%d,%d,%d,%d,2180-07-23 14:00:00,2180-07-23 14:25:00,%d,%d,%d,mmHg,0\n", 10000000+n/300, 20000000+n/200, 30000000+n/200, n%9999, 220000+n%9000, n%200, n%200)
	}
	return text.String()
}

// BenchmarkRead reads plain and packed files on one worker and on two, beside encoding/csv.
func BenchmarkRead(b *testing.B) {
	for kind, text := range map[string]string{"notes": benchNotes(), "charts": benchCharts()} {
		bench(b, kind+"/encoding_csv", func() error { return readPeer(text) })
		frames, _ := zstdFrames(b, text, 1<<20)
		for suffix, data := range map[string][]byte{".csv": []byte(text), ".csv.gz": zip(b, text), ".csv.bgz": bgzip(b, text), ".csv.zst": frames} {
			for _, workers := range []int{1, 2} {
				bench(b, fmt.Sprintf("%s%s/workers_%d", kind, suffix, workers), func() error { return readBench(b, data, suffix, workers) })
			}
		}
	}
}

func bench(b *testing.B, name string, read func() error) {
	b.Run(name, func(b *testing.B) {
		b.SetBytes(benchBytes)
		b.ReportAllocs()
		for b.Loop() {
			if err := read(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func readPeer(text string) error {
	r := csv.NewReader(strings.NewReader(text))
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func readBench(b *testing.B, data []byte, suffix string, workers int) error {
	c, err := NewReader(bytes.NewReader(data), "bench"+suffix, workers)
	if err != nil {
		return err
	}
	defer c.Close()
	return Each(b.Context(), c, func(block *Block, rec *Record) error {
		for block.Next(rec) {
		}
		return nil
	}, func(*Record, int64) error { return nil })
}
