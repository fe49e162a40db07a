package ingest_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// noteText draws pieces that CSV has rules for, some of them many times over.
var noteText = rapid.Custom(func(t *rapid.T) string {
	pieces := rapid.SampledFrom([]string{`"`, `""`, "\r", "\r\n", "\n", ",", " ", `\.`, "é", "word ", `,"x",`})
	repeats := rapid.SampledFrom([]int{1, 1, 1, 2, 7, 300, 40_000})
	var text strings.Builder
	for range rapid.IntRange(1, 12).Draw(t, "pieces") {
		text.WriteString(strings.Repeat(pieces.Draw(t, "piece"), repeats.Draw(t, "times")))
	}
	return text.String()
})

// Texts come out as they were written, however many notes with quotes lie side by side in
// the file, and whether rows wait in memory or in files.
func TestTextsComeOutAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(draw *rapid.T) {
		env := stages.Default.With(func(s *stages.Settings) {
			s.Workers = rapid.IntRange(1, 3).Draw(draw, "workers")
			s.Memory = memory.New(rapid.SampledFrom([]int64{1 << 20, memory.DefaultBytes}).Draw(draw, "memory"))
			s.Log = zerolog.Nop()
		})
		texts := rapid.SliceOfN(noteText, 1, 40).Draw(draw, "texts")
		root := newTree().with("note/discharge", discharges(t, texts)).write(t)
		d := stagetest.RunIn(t, env, "ingest.mimiciv", config(root), nil)
		got := rows[mimic.Note](t, d, mimic.TableNotes)
		got = slices.DeleteFunc(got, func(n mimic.Note) bool { return n.Category != mimic.CategoryDischargeSummary })
		if len(got) != len(texts) {
			draw.Fatalf("%d notes of %d", len(got), len(texts))
		}
		for i, note := range got {
			if note.NoteID != strconv.Itoa(i) || note.Text != texts[i] {
				draw.Fatalf("note %d, of %d bytes, is note %s, of %d bytes, or has other ones", i, len(texts[i]), note.NoteID, len(note.Text))
			}
		}
	})
}

// discharges is a file of notes of one patient, in their order.
func discharges(t testing.TB, texts []string) string {
	t.Helper()
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	header := strings.Split("note_id,subject_id,hadm_id,note_type,note_seq,charttime,storetime,text", ",")
	records := [][]string{header}
	for i, text := range texts {
		records = append(records, []string{strconv.Itoa(i), "20", "201", "DS", strconv.Itoa(i), fmt.Sprintf("2130-01-05 00:%02d:00", i), "", text})
	}
	if err := w.WriteAll(records); err != nil {
		t.Fatal(err)
	}
	return file.String()
}
