package promotion

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/registry"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/cards"
)

// KindPromotion is the kind of what registry.promote leaves.
const KindPromotion = "promotion"

// PromotionName is its file.
const PromotionName = "promotion.json"

const (
	portDecision = "decision"
	portAdapters = "adapters"
	portCards    = "cards"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name:    "registry.promote",
		Version: 1,
		Doc: "Acts on the decision of registry.gate: copies the adapters and their model cards into a new version of the model in the registry and makes it the current one, or writes into the model's history that they were refused, or that nothing is to be done. " +
			"A decision is acted on once, however often the step runs. Where another version became current since the gate compared, the step ends with exit code 4: the next run compares with that one. Writes promotion.json.",
		In: []stages.Port{
			{Name: portDecision, Kind: KindDecision, Doc: "What registry.gate decided."},
			{Name: portAdapters, Kind: stages.KindAdapter, Many: true, Doc: "The adapters that it decided on; one a task."},
			{Name: portCards, Kind: cards.KindModelCard, Many: true, Optional: true, Doc: "Their model cards, which eval.model_card left; kept with the version."},
		},
		Out: stages.Output{Kind: KindPromotion},
	}, func(env *stages.Environment, c PromoteConfig) (stages.Job, error) { return promote{env, c}, nil })
}

// PromoteConfig configures registry.promote. Where the model lies is no path that is read:
// the same adapter in another registry is another promotion.
type PromoteConfig struct {
	Model   string `json:"model" doc:"Folder of the model in the registry, here or in a bucket, as registry.current has it. It is made where it is not there."`
	Enforce bool   `json:"enforce" default:"false" doc:"Whether a refusal fails the step, with exit code 3. It is in the history all the same."`
}

type promote struct {
	env    *stages.Environment
	config PromoteConfig
}

// Promotion is promotion.json.
type Promotion struct {
	Outcome string `json:"outcome"`           // promoted, refused, or current: nothing was to be done
	Version string `json:"version,omitempty"` // of the candidate in the registry
}

// Run implements stages.Job.
func (p promote) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	text, err := in.One(portDecision).ReadFile(ctx, DecisionName)
	if err != nil {
		return err
	}
	var d Decision
	decoder := json.NewDecoder(bytes.NewReader(text))
	if decoder.Decode(&d) != nil {
		return exit.Errorf(exit.BadData, "%s/%s is no decision of this version; make it again", in.One(portDecision).URI(), DecisionName)
	}
	c, err := CandidateOf(ctx, in[portAdapters], in[portCards])
	if err != nil {
		return err
	}
	if err := decidedOn(d, c); err != nil {
		return err
	}
	m, err := registry.Open(p.config.Model)
	if err != nil {
		return err
	}
	c.Decision, c.Over, c.Run, c.Why = text, d.Current, p.env.Run, d.why()
	done, err := p.act(ctx, m, d, c)
	if err != nil {
		return err
	}
	return eval.WriteJSON(out, PromotionName, done)
}

// decidedOn refuses adapters other than those that the decision is on.
func decidedOn(d Decision, c registry.Candidate) error {
	if len(d.Adapters) != len(c.Adapters) {
		return exit.Errorf(exit.Usage, "%s: there are %d adapters, the decision is on %d; give those that it compared", portAdapters, len(c.Adapters), len(d.Adapters))
	}
	for name, adapter := range c.Adapters {
		if adapter.Manifest.Digest() != d.Adapters[name] {
			return exit.Errorf(exit.Usage, "%s: %s is not the adapter for %s that the decision is on; give that one", portAdapters, adapter.URI(), name)
		}
	}
	return nil
}

// act promotes or refuses.
func (p promote) act(ctx context.Context, m registry.Model, d Decision, c registry.Candidate) (Promotion, error) {
	switch {
	case d.Outcome == OutcomeCurrent:
		p.env.Log.Info().Msgf("%s: %s is current already", m.URI(), d.Current)
		return Promotion{OutcomeCurrent, d.Current}, nil
	case d.Promote:
		e, err := m.Promote(ctx, c)
		if err == nil {
			p.env.Log.Info().Msgf("%s: promoted %s: %s", m.URI(), e.Version, c.Why)
		}
		return Promotion{registry.Promoted, e.Version}, err
	}
	if _, err := m.Refuse(ctx, c); err != nil {
		return Promotion{}, err
	}
	p.env.Log.Warn().Msgf("%s: not promoted: %s", m.URI(), strings.Join(d.Reasons, "; "))
	if p.config.Enforce {
		return Promotion{}, exit.Errorf(exit.BadData, "not promoted: %s", strings.Join(d.Reasons, "; "))
	}
	return Promotion{Outcome: registry.Refused}, nil
}

// why is the reason as the history has it.
func (d Decision) why() string {
	const most = 300
	text := strings.Join(append([]string{"gate: " + d.Outcome}, d.Reasons...), "; ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
