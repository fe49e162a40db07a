package logs

import (
	"bytes"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/internal/exit"
)

// A library that tells of a panic in words of its own, as net/http does and Beam.
func TestWhatLibrariesSayIsWithheld(t *testing.T) {
	const canary = "zqcanarylogs"
	for said, want := range map[string]string{
		canary: "says something that is withheld",
		canary + exit.Seal(exit.Errorf(exit.BadData, "row 7 is bad")).Error() + canary: `"message":"row 7 is bad"`,
	} {
		before, writer := slog.Default(), log.Writer()
		var out bytes.Buffer
		AdoptSlog(zerolog.New(zerolog.SyncWriter(&out)), zerolog.InfoLevel)
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(said) }))
		if _, err := http.Get(server.URL); err == nil {
			t.Error("the handler did not panic")
		}
		server.Close()
		slog.SetDefault(before)
		log.SetOutput(writer)
		if strings.Contains(out.String(), canary) || !strings.Contains(out.String(), want) {
			t.Errorf("logged %s, want %s", strings.ReplaceAll(out.String(), canary, "CANARY"), want)
		}
	}
}
