package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/smallcell"
)

// scales are the values that a scale gives to the vars of dags/demo.yaml, whose own
// values are those of quick.
var scales = map[string]map[string]string{
	"quick": {},
	"tiny":  {"patients": "250", "shards": "4", "min_count": "5", "articles": "600", "base_epochs": "1", "epochs": "1", "code_epochs": "1", "pmv_epochs": "2"},
	"small": {"patients": "2500", "shards": "16", "min_count": "20", "articles": "12000", "base_epochs": "6", "epochs": "4", "code_epochs": "8", "pmv_epochs": "6"},
	"full":  {"patients": "6400", "shards": "16", "min_count": "50", "articles": "12000", "base_epochs": "6", "epochs": "4", "code_epochs": "8", "pmv_epochs": "6"},
}

func newDemo(s *settings) *cobra.Command {
	f := dagFlags{}
	var scale string
	var seed int64
	var patients int
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Make synthetic MIMIC-IV, train on it and report: the whole of clinflow in a few minutes",
		Args:  asUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			vars, ok := scales[scale]
			if !ok {
				return exit.Errorf(exit.Usage, "--scale %q: choose one of %s", scale, strings.Join(slices.Sorted(maps.Keys(scales)), ", "))
			}
			vars = maps.Clone(vars)
			vars["seed"] = strconv.FormatInt(seed, 10)
			if cmd.Flags().Changed("patients") {
				if patients < 1 {
					return exit.Errorf(exit.Usage, "--patients %d: give one patient or more, or leave the flag out for the scale's own number", patients)
				}
				vars["patients"] = strconv.Itoa(patients)
			}
			if !slices.ContainsFunc(f.set, func(set string) bool { return strings.HasPrefix(set, "attach=") }) {
				vars["small_cells"], vars["data"] = smallcell.Show, "synthetic" // nobody's: all patients are invented
			}
			for name, value := range vars {
				f.set = append([]string{name + "=" + value}, f.set...)
			}
			if err := s.run(cmd, &f, []string{"demo"}); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "metrics: %s\nreport:  %s\n", strings.TrimSuffix(f.out, "/")+"/metrics.json", strings.TrimSuffix(f.out, "/")+"/report.html")
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().Lookup("out").DefValue = "clinflow-demo"
	f.out = "clinflow-demo"
	cmd.Flags().StringVar(&scale, "scale", "quick", "tiny (seconds), quick (five minutes), small (seven minutes) or full (a quarter of an hour: what the proofs run)")
	cmd.Flags().Int64Var(&seed, "seed", 1, "seed of the data and of training")
	cmd.Flags().IntVar(&patients, "patients", 0, "synthetic patients; the scale's own number by default")
	complete(cmd, "scale", slices.Sorted(maps.Keys(scales))...)
	addBeamFlags(cmd)
	f.addRun(cmd)
	return cmd
}
