package synth

import (
	"context"
	"strconv"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/internal/exit"
	tree "github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

func init() {
	stages.RegisterSource(stages.Spec{
		Name:    "synth.articles",
		Version: 2,
		Doc: "Makes general medical text, as a base model has read it before it sees a hospital's notes: case descriptions of journals and pages of textbooks, in words and stock phrases of the clinic and in sentences that no note of synth.mimiciv has. " +
			"They speak of no patient of a tree, and what they tell is drawn evenly: they say nothing of what is frequent, or how admissions end. " +
			"A case description has a second note, the index terms that it is found by. Each article is a note of an author of its own, who stands where a patient does, so that whatever reads notes reads them: split.hash, tokenize.train, tokenize.notes. " +
			"The authors' numbers begin at 1000000001, where no release of MIMIC has a subject_id.",
		Out: stages.Output{Kind: mimic.KindPatients, Tables: []string{mimic.TablePatients, mimic.TableNotes}},
	}, newArticles)
}

// articlesConfig configures synth.articles.
type articlesConfig struct {
	Articles int   `json:"articles" default:"20000" min:"1" max:"1000000000" unit:"articles" doc:"Number of articles."`
	Seed     int64 `json:"seed" default:"1" doc:"Seed of everything; the same seed gives the same bytes."`
	Shards   int   `json:"shards" default:"16" min:"1" max:"65536" unit:"parts" doc:"Number of parts that the articles are spread over."`
}

// firstAuthor is the subject_id before that of the first article.
const firstAuthor = 1_000_000_000

type articles struct{ config articlesConfig }

func newArticles(_ *stages.Environment, c articlesConfig) (stages.Source, error) {
	return articles{c}, nil
}

// Parts implements stages.Source.
func (a articles) Parts() int { return a.config.Shards }

// Files implements stages.Source: nothing is read.
func (articles) Files(context.Context, stages.Inputs) ([]stages.RawFile, error) { return nil, nil }

// Scan implements stages.Source.
func (articles) Scan(_ context.Context, file stages.RawFile, _ *extsort.Spill) error {
	return exit.Errorf(exit.Failed, "%s: synth.articles reads no file", file.Name)
}

// Merge writes the articles of a part, one after the other.
func (a articles) Merge(ctx context.Context, part int, _ []extsort.Run, out *dataset.PartWriter) error {
	authors, err := dataset.Rows[mimic.Patient](out, mimic.TablePatients)
	if err != nil {
		return err
	}
	texts, err := dataset.Rows[mimic.Note](out, mimic.TableNotes)
	if err != nil {
		return err
	}
	for number := int64(1); number <= int64(a.config.Articles) && ctx.Err() == nil; number++ {
		author := firstAuthor + number
		if mimic.PartOf(author, a.config.Shards) != part {
			continue
		}
		if err := authors.Write(mimic.Patient{SubjectID: author}); err != nil {
			return err
		}
		text, terms := tree.Article(a.config.Seed, number)
		note := mimic.Note{NoteID: "article-" + strconv.FormatInt(number, 10), SubjectID: author, Category: "Article", NoteSeq: 1, Text: text}
		err := texts.Write(note)
		if err == nil && terms != "" {
			note.NoteID, note.Category, note.NoteSeq, note.Text = note.NoteID+"-terms", "Index terms", 2, terms
			err = texts.Write(note)
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
