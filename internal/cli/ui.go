package cli

import (
	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/ui"
)

func newUI(s *settings) *cobra.Command {
	var o ui.Options
	var tokenFile string
	cmd := &cobra.Command{
		Use:   "ui",
		Short: "Show runs on a page: what is at work, what ran, and how well the models did",
		Long: "Show the runs of output folders on a page for a browser, until Ctrl-C.\n" +
			"It changes nothing, asks no other machine for anything, and tells what the journals,\n" +
			"the metrics and the published reports tell. On a machine that others use too, or with an\n" +
			"--addr that other machines reach, name a token: nobody sees anything without it.",
		Args: asUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if tokenFile != "" {
				token, err := ui.ReadToken(tokenFile)
				if err != nil {
					return err
				}
				o.Token = token
			}
			o.Env = s.env
			server, err := ui.New(o)
			if err != nil {
				return err
			}
			return server.Serve(cmd.Context(), func(url string) { s.env.Log.Info().Str("url", url).Msg("runs are shown; Ctrl-C ends it") })
		},
	}
	cmd.Flags().StringArrayVar(&o.Out, "out", []string{"clinflow-out"}, "output folder to watch; may be repeated")
	cmd.Flags().StringArrayVar(&o.DAGs, "dags", nil, "DAG file, shipped DAG, or folder with DAG files, whose schedules are shown; may be repeated")
	cmd.Flags().StringVar(&o.Addr, "addr", "127.0.0.1:8090", "address to listen on")
	cmd.Flags().StringVar(&tokenFile, "token-file", "", "file with the token that a reader must know; made where it is not there")
	cmd.Flags().StringArrayVar(&o.Hosts, "host", nil, "another name by which the page is reached, such as a proxy's; may be repeated")
	cmd.Flags().BoolVar(&o.Metrics, "metrics", false, "also answer /metrics, for Prometheus: numbers alone")
	return cmd
}
