package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/synth"
)

const synthLong = `Write a synthetic tree of MIMIC-IV (hosp, icu, note) or MIMIC-III with signal to
learn.

Hidden factors of each admission decide its outcomes and the words of its notes.
factors.csv.gz holds them and the true probabilities, so the best possible AUROC
is known. The same seed gives the same bytes.

With --release mimiciii the files are those of MIMIC-III (PATIENTS, ADMISSIONS,
DIAGNOSES_ICD, PROCEDURES_ICD, ICUSTAYS, PROCEDUREEVENTS_MV, CHARTEVENTS, NOTEEVENTS),
and what label scripts stumble over is planted in tables and notes: duplicate texts,
headings in odd places, stays at the limits of the classes, codes with leading zeros.
quirks.csv.gz says where, and how often each was planted is printed. With --core-lists
there are lists of patients, as CORe's scripts take their split, in core_lists.

With --attach DIR no patient is invented. The tables of the MIMIC in DIR that labels
come from (hosp/patients, admissions, diagnoses_icd, procedures_icd; icu/icustays,
procedureevents; of MIMIC-III the first six above; .csv.gz or .csv) are copied as they
are, and every admission gets one discharge summary and radiology reports. The hidden
factors are drawn from their probability given the admission's outcomes: death, length
of stay, ventilation, diagnoses and procedures. So the notes carry the signal of the
real labels, and the folder written is a whole tree to run a DAG on, of MIMIC-III
without charts (chartevents: false). The probabilities in factors.csv.gz are then the
generator's, not the real patients': the AUROC they give is near the best possible,
not exactly it. DIR is only read. --patients is ignored.

The folder must be empty, or not there yet.`

func newSynth(s *settings) *cobra.Command {
	var o synth.Options
	var out string
	cmd := &cobra.Command{
		Use:   "synth --out DIR",
		Short: "Write a synthetic tree of MIMIC-IV or MIMIC-III with signal to learn",
		Long:  synthLong,
		Args:  asUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Workers, o.Progress = s.env.Workers, s.env.Progress
			return runSynth(cmd, o, out)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Release, "release", synth.ReleaseIV, "mimiciv or mimiciii")
	flags.BoolVar(&o.CoreLists, "core-lists", false, "write lists of patients as CORe's scripts take a split (MIMIC-III)")
	flags.IntVar(&o.Patients, "patients", 2000, "patients")
	flags.IntVar(&o.RadiologyPerAdmission, "radiology-per-admission", 2, "mean number of radiology reports for each admission")
	flags.Int64Var(&o.Seed, "seed", 1, "seed of everything")
	flags.BoolVar(&o.Canaries, "canaries", false, "put a canary word into admission sections too, to test for leaks")
	flags.StringVar(&out, "out", "", "folder to write")
	flags.StringVar(&o.Attach, "attach", "", "folder with the tables of a real MIMIC to write notes for")
	_ = cmd.MarkFlagRequired("out")
	return cmd
}

func runSynth(cmd *cobra.Command, o synth.Options, out string) error {
	if err := errors.Join(o.CheckValues(), o.CheckOut(out)); err != nil {
		return err
	}
	return intoEmpty(cmd.Context(), out, func(dir store.Dir) error {
		rows, err := synth.Generate(cmd.Context(), o, dir)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(rows)) {
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d\n", name, rows[name])
		}
		return printQuirks(cmd, dir, rows)
	})
}

// printQuirks prints how often each quirk was planted.
func printQuirks(cmd *cobra.Command, dir store.Dir, rows map[string]int64) error {
	if _, planted := rows[synth.QuirksFile]; !planted {
		return nil
	}
	file, err := dir.Open(cmd.Context(), synth.QuirksFile)
	if err != nil {
		return err
	}
	defer file.Close()
	quirks, err := synth.CountQuirks(file)
	for _, name := range slices.Sorted(maps.Keys(quirks)) {
		fmt.Fprintf(cmd.OutOrStdout(), "quirk %s: %d\n", name, quirks[name])
	}
	return err
}
