package logs

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/internal/exit"
)

func TestLibrariesLogHereFromTheirLevelOn(t *testing.T) {
	defer slog.SetDefault(slog.Default())
	var out bytes.Buffer
	logger, err := To(&out, "json", zerolog.InfoLevel)
	if err != nil {
		t.Fatal(err)
	}
	AdoptSlog(logger, zerolog.ErrorLevel)
	slog.Info("the runner chats")
	slog.Error("the runner fails")
	logger.Info().Msg("a step is done")
	var messages []string
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var line struct{ Message string }
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		messages = append(messages, line.Message)
	}
	if len(messages) != 2 || messages[0] != "the runner fails" || messages[1] != "a step is done" {
		t.Errorf("logged %q", messages)
	}
}

func TestUnknownFormat(t *testing.T) {
	if _, err := To(&bytes.Buffer{}, "xml", zerolog.InfoLevel); exit.Of(err) != exit.Usage {
		t.Errorf("got %v", err)
	}
}
