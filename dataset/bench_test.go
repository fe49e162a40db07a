package dataset

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/internal/memory"
)

// benchmarkNotes are 20 MB of notes whose words repeat about as prose does.
func benchmarkNotes() (notes []Note, bytes int64) {
	random := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 5000)
	for i := range words {
		words[i] = fmt.Sprintf("w%x", random.Uint32N(1<<20))
	}
	for i := int64(0); bytes < 20<<20; i++ {
		var text strings.Builder
		for range 400 + random.IntN(800) {
			text.WriteString(words[int(float64(len(words))*random.Float64()*random.Float64())])
			text.WriteByte(' ')
		}
		notes = append(notes, Note{
			NoteID: fmt.Sprintf("%d-DS-%d", 10000000+i/3, i%3), SubjectID: 10000000 + i/3, HadmID: 20000000 + i,
			Category: "discharge", NoteType: "DS", NoteSeq: int32(i % 3), Charttime: Time(7e15 + i*864e8), Storetime: Time(7e15 + i*864e8),
			Text: text.String(), Origin: Origin{SourceFile: 3, SourceRow: i},
		})
		bytes += int64(text.Len())
	}
	return notes, bytes
}

func BenchmarkWriteNotes(b *testing.B) {
	notes, bytes := benchmarkNotes()
	b.SetBytes(bytes)
	b.ReportAllocs()
	folder := b.TempDir()
	for i := 0; b.Loop(); i++ {
		w, err := NewWriter(context.Background(), filepath.Join(folder, fmt.Sprint(i)), KindPatients, 1)
		must(b, err)
		writePart(b, w, TableNotes, 0, notes)
	}
}

func BenchmarkReadNotes(b *testing.B) {
	notes, bytes := benchmarkNotes()
	w := newWriter(b, 1)
	writePart(b, w, TableNotes, 0, notes)
	d := commit(b, w)
	b.SetBytes(bytes)
	b.ReportAllocs()
	for b.Loop() {
		if n := len(readAll[Note](b, d, TableNotes, 0)); n != len(notes) {
			b.Fatal("rows are missing")
		}
	}
}

// BenchmarkWriteCodes is the other extreme: narrow rows, 100,000 of them.
func BenchmarkWriteCodes(b *testing.B) {
	codes := make([]Code, 100_000)
	for i := range codes {
		codes[i] = Code{SubjectID: int64(i / 30), HadmID: int64(i / 10), SeqNum: int32(i % 10), ICDCode: fmt.Sprint(i * 7919 % 9000), ICDVersion: 9, Origin: Origin{SourceRow: int64(i)}}
	}
	b.ReportAllocs()
	folder := b.TempDir()
	for i := 0; b.Loop(); i++ {
		w, err := NewWriter(context.Background(), filepath.Join(folder, fmt.Sprint(i)), KindPatients, 1)
		must(b, err)
		writePart(b, w, TableDiagnoses, 0, codes)
	}
	b.ReportMetric(float64(b.N)*float64(len(codes))/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkSpillAndMerge(b *testing.B) {
	notes, bytes := benchmarkNotes()
	b.SetBytes(bytes)
	b.ReportAllocs()
	folder := b.TempDir()
	for i := 0; b.Loop(); i++ {
		ingest(b, filepath.Join(folder, fmt.Sprint(i)), memory.New(16<<20), [2][]Note{notes}, nil, func([]extsort.Run) {})
	}
}
