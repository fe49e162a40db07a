package engine

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// flinkMaster is where Flink itself is asked. Its job server says that a job is
// cancelled and lets it run.
var flinkMaster = flag.String("flink_master", "", "HOST:PORT of Flink's own page, by which an interrupted run cancels its job there")

// lateInterval is how long a job that was cancelled while it was submitted may take to
// come to Flink.
const lateInterval = 5 * time.Second

// onFlink is a job service before Flink.
type onFlink struct{ service }

func (f onFlink) cancel(ctx context.Context, id string) error {
	var err error
	if *flinkMaster != "" { // first: its workers have been told, and a job that they end is none that was cancelled
		err = cancelOnFlink(ctx, "http://"+*flinkMaster, id)
	}
	return errors.Join(err, f.service.cancel(ctx, id))
}

// Failures counts what went wrong with a job's work and made its engine begin it again.
var Failures = Counter{Namespace: "engine", Name: "failures"}

// counters adds the failures that Flink keeps of a job. What it says of them may hold data.
func (f onFlink) counters(ctx context.Context, id string) (Counters, error) {
	c, err := f.service.counters(ctx, id)
	if err != nil || c == nil || *flinkMaster == "" {
		return c, err
	}
	page := "http://" + *flinkMaster
	jid, _, err := findOnFlink(ctx, page, nameOnFlink(id))
	if err != nil || jid == "" {
		return c, err
	}
	kept, err := askFlink(ctx, http.MethodGet, page+"/jobs/"+jid+"/exceptions")
	c[Failures] = int64(len(kept.ExceptionHistory.Entries))
	return c, err
}

// nameOnFlink is the name of a job within the job server's id, which adds a part.
func nameOnFlink(id string) string { return id[:max(0, strings.LastIndex(id, "_"))] }

// flinkAnswer is what Flink answers, of which a question gets a part.
type flinkAnswer struct {
	Jobs             []struct{ Jid, Name, State string }
	ExceptionHistory struct{ Entries []struct{} }
}

// cancelOnFlink cancels the job that a job server's id names, and waits for its end.
func cancelOnFlink(ctx context.Context, page, id string) error {
	for began, asked := time.Now(), false; ; {
		jid, state, err := findOnFlink(ctx, page, nameOnFlink(id))
		switch {
		case err != nil:
			return err
		case jid == "" && time.Since(began) > lateInterval, state == "CANCELED", state == "FAILED", state == "FINISHED":
			return nil
		case jid != "" && !asked:
			if _, err := askFlink(ctx, http.MethodPatch, page+"/jobs/"+jid+"?mode=cancel"); err != nil {
				return err
			}
			asked = true
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("wait for the job's end on Flink: %w", ctx.Err())
		}
	}
}

func findOnFlink(ctx context.Context, page, name string) (jid, state string, err error) {
	answer, err := askFlink(ctx, http.MethodGet, page+"/jobs/overview")
	if err != nil {
		return "", "", err
	}
	for _, job := range answer.Jobs {
		if job.Name == name {
			return job.Jid, job.State, nil
		}
	}
	return "", "", nil
}

func askFlink(ctx context.Context, method, url string) (said flinkAnswer, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return said, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return said, fmt.Errorf("ask Flink at --flink_master: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		return said, fmt.Errorf("ask Flink at --flink_master: %s", answer.Status)
	}
	return said, json.NewDecoder(answer.Body).Decode(&said)
}
