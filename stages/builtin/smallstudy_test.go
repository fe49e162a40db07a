package builtin_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	_ "github.com/clinflow/clinflow/stages/builtin"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// bySplit are the patients of the study, each with one admission. No other numbers of its
// documents lie eight apart.
var bySplit = map[string]int{split.Train: 1411, split.Val: 8, split.Test: 397}

// TestNoDocumentTellsASmallSplit: of 8 in val none of the documents lets them be worked
// out of what stands in it, and none tells how many are in train: those of the test stand
// beside their AUROC, and all of them elsewhere.
func TestNoDocumentTellsASmallSplit(t *testing.T) {
	for name, text := range documents(t) {
		told := numbers(text)
		if told[bySplit[split.Train]] {
			t.Errorf("%s tells how many are in train", name)
		}
		for a := range told {
			if b := a - bySplit[split.Val]; told[b] {
				t.Errorf("%s: %d - %d are those in val", name, a, b)
			}
			for b := range told {
				if c := a - b - bySplit[split.Val]; b >= c && told[c] {
					t.Errorf("%s: %d - %d - %d are those in val", name, a, b, c)
				}
			}
		}
	}
}

var (
	notShown = regexp.MustCompile(`(?s)<(style|svg|script|head|code)\b.*?</(style|svg|script|head|code)>|<[^>]*>|&[#\w]+;`)
	words    = regexp.MustCompile(`[^\s=|:;()–·…/]+`)
)

// numbers are the whole numbers of a document that are told as counts are, small ones and
// years aside.
func numbers(text string) map[int]bool {
	told := map[int]bool{}
	for _, word := range words.FindAllString(notShown.ReplaceAllString(text, " "), -1) {
		n, err := strconv.Atoi(strings.ReplaceAll(strings.Trim(word, ".,"), ",", ""))
		if err == nil && n >= 100 {
			told[n] = true
		}
	}
	return told
}

// documents are what a run of the study shows, by name.
func documents(t *testing.T) map[string]string {
	in := study(t)
	run := func(stage, config string, of stages.Inputs) []*dataset.Dataset {
		return []*dataset.Dataset{stagetest.Run(t, stage, config, of)}
	}
	with := func(ports ...string) stages.Inputs {
		of := maps.Clone(in)
		maps.DeleteFunc(of, func(port string, _ []*dataset.Dataset) bool { return !slices.Contains(ports, port) })
		return of
	}
	in["cards"] = run("label.card", "{}", with("texts", "tokens", "labels", "split"))
	in["predictions"] = run("train.baseline", "{variant: lora}", with("tokens", "labels", "split"))
	in["metrics"] = run("eval.auroc", "{replicates: 20}", with("predictions"))
	in["subgroups"] = run("eval.subgroups", "{replicates: 20}", with("predictions", "patients", "split"))
	in["data"] = slices.Concat(in["patients"], in["split"], in["texts"], in["labels"], in["tokens"], in["predictions"])
	in["data_cards"] = run("eval.data_card", "{}", with("data", "cards", "subgroups"))
	in["report"] = run("eval.report", "{}", with("metrics", "subgroups", "data", "data_cards"))
	of := map[string]string{
		"card.html": evaltest.File(t, in["cards"][0], "card.html"), "card.json": evaltest.File(t, in["cards"][0], "card.json"),
		"data.md": evaltest.File(t, in["data_cards"][0], "data.md"), "report.html": evaltest.File(t, in["report"][0], "report.html"),
	}
	for _, list := range in {
		for _, d := range list {
			of["the journal"] += fmt.Sprintln("kept =", 1816, smallcell.Counts(d.Manifest.Counts, false))
		}
	}
	return of
}

// study are a task's inputs, and the patients.
func study(t *testing.T) stages.Inputs {
	var patients []mimic.Patient
	var admissions []mimic.Admission
	var texts []task.Text
	var tokens []task.Tokens
	var labels []task.Label
	list := "subject_id,split\n"
	for _, name := range split.Names {
		for range bySplit[name] {
			i := int64(len(texts) + 1)
			id, ids := fmt.Sprint(i), []int32{int32(i % 5), int32(i % 3)}
			list += fmt.Sprintf("%d,%s\n", i, name)
			patients = append(patients, mimic.Patient{SubjectID: i, Gender: []string{"F", "M"}[i%2], AnchorAge: 50, AnchorYear: 2150})
			admissions = append(admissions, mimic.Admission{SubjectID: i, HadmID: i})
			texts = append(texts, task.Text{TextID: id, SubjectID: i, HadmID: i, Text: "a"})
			tokens = append(tokens, task.Tokens{TextID: id, SubjectID: i, HadmID: i, InputIDs: ids, NTokens: 2})
			labels = append(labels, task.Label{SubjectID: i, HadmID: i, Label: int32(i % 7 / 5)})
		}
	}
	file := filepath.Join(t.TempDir(), "splits.csv")
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	of := task.Task{Name: "mor", Kind: task.Binary, Labels: []string{"survived", "died"}}
	in := stages.Inputs{
		"patients": {stagetest.Dataset(t, mimic.KindPatients, 1, map[string]any{mimic.AttributeRelease: mimic.Release{Database: mimic.MIMICIV, Version: "3.1", Notes: "2.2"}},
			stagetest.TableOf(mimic.TablePatients, patients, func(r mimic.Patient) int64 { return r.SubjectID }),
			stagetest.TableOf(mimic.TableAdmissions, admissions, func(r mimic.Admission) int64 { return r.SubjectID }),
			stagetest.TableOf(mimic.TableICUStays, nil, func(r mimic.ICUStay) int64 { return r.SubjectID }),
			stagetest.TableOf(mimic.TableNotes, nil, func(r mimic.Note) int64 { return r.SubjectID }))},
		"texts":  {stagetest.Dataset(t, task.KindTexts, 1, nil, stagetest.TableOf(task.TableTexts, texts, func(r task.Text) int64 { return r.SubjectID }))},
		"tokens": {stagetest.Dataset(t, task.KindTokens, 1, nil, stagetest.TableOf(task.TableTokens, tokens, func(r task.Tokens) int64 { return r.SubjectID }))},
		"labels": {stagetest.Dataset(t, task.KindLabels, 1, map[string]any{task.Attribute: of}, stagetest.TableOf(task.TableLabels, labels, func(r task.Label) int64 { return r.SubjectID }))},
	}
	in["split"] = []*dataset.Dataset{stagetest.Run(t, "split.file", "{file: "+file+"}", stages.Inputs{"patients": in["patients"]})}
	return in
}
