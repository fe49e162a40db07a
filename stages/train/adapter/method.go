package adapter

import (
	"encoding/json"
	"io"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/graph"
)

// Method is how an adapter changes what a model computes. A model's graph calls its hooks
// at three kinds of places; a method embeds Unchanged and writes those that it needs. The
// hooks add ops to g and nothing else: with gradient checkpointing the same hook is called
// once more on the way back.
type Method interface {
	// VirtualTokens is how many positions the method takes up before the text, whether as
	// rows that Embed puts in front or as keys that Attention puts there.
	VirtualTokens() int
	// Embed is called with the embedded tokens x [batch·rows, hidden]. What it returns goes
	// into the first layer and may have more rows in front of each sequence
	// (graph.Prepend): prompt tuning, p-tuning.
	Embed(g *graph.Graph, x *graph.Node) *graph.Node
	// Linear is called with the input x [rows, in] and the output y [rows, out] of a linear
	// layer, and returns the output that goes on, of the same shape: LoRA.
	Linear(g *graph.Graph, l Layer, x, y *graph.Node) *graph.Node
	// Attention is called with the queries, keys and values of a layer and computes its
	// attention [batch·rows, heads·dim] by calling attend: with more keys and values in
	// front (prefix tuning), or adding to what attend returns (adaption prompt).
	Attention(g *graph.Graph, a Attention, attend Attend) *graph.Node
}

// Merger is a Method that changes nothing but weights of the base, so that it can be merged
// into them.
type Merger interface {
	// Merge adds to the weight [out, in] of a linear layer what the method adds to the layer's
	// output, and says whether it adds anything there.
	Merge(l Layer, weight []float32) (bool, error)
}

// Attend is a layer's attention of its queries to k and v [batch·rows, key_columns], which
// may have more rows in front of each sequence than the queries: [batch·rows, heads·dim].
type Attend func(k, v *graph.Node) *graph.Node

// Attention is one layer's attention as a hook sees it. The queries and keys are turned
// by their positions already, where the model turns them.
type Attention struct {
	Layer          int         // from 0
	Heads, KVHeads int         // of the queries, and of the keys and values
	Q              *graph.Node // [batch·rows, heads·dim]
	K, V           *graph.Node // [batch·rows, kv_heads·dim]
	// Project makes keys and values of other hidden states x [rows, hidden] by the layer's
	// own weights: [rows, kv_heads·dim] each, not turned by any position.
	Project func(x *graph.Node) (k, v *graph.Node)
}

// Layer is a linear layer of the base model.
type Layer struct {
	Name    string // "model.layers.0.self_attn.q_proj"
	In, Out int    // columns of its input and output
}

// Base is what an adapter must know of the model under it.
type Base struct {
	ModelType      string  // of its config.json: "llama"
	Folder         string  // where its files lie, "" where it has none
	Layers         []Layer // the linear layers
	Attentions     int     // layers with attention
	Heads, KVHeads int     // of a layer's queries, and of its keys and values
	KeyColumns     int     // of a layer's keys, as many as of its values: kv_heads·dim
	Hidden         int     // columns of a hidden state
	// Embedding are the tokens' rows [vocabulary, hidden], before anything is added to them.
	Embedding *graph.Param
	// Params are the base's own parameters, by Hugging Face's names: an adapter may bring
	// trained copies of some (graph.Param.Replace).
	Params []*graph.Param
	// LanguageHead is the one of Params that scores next tokens, nil without one. It is the
	// embedding's table too where it is Tied.
	LanguageHead *graph.Param
	Tied         bool
	// Bare are the names of its modules that have no parameters: what matches them is no
	// linear layer.
	Bare  []string
	saved []string // modules that are saved along: see Saved
	// WriteConfig writes the base's config.json.
	WriteConfig func(w io.Writer) error
	// InitializerRange is the standard deviation of a new head's values.
	InitializerRange float64
	Head             HeadModule
}

// HeadModule is how transformers' class of classifiers names a model's head.
type HeadModule struct {
	Name string // "score"
	Bias bool   // it has a bias beside its weight
}

// MethodConfig is a method's configuration: its keys of adapter_config.json.
type MethodConfig interface {
	// Check says whether the settings can be computed with; head is whether a
	// classification head is saved along.
	Check(head bool) error
	// Keys are those that the file gets beside what all methods have, with their values.
	Keys() map[string]any
	// Build makes the method's parameters for a base model.
	Build(t *Tensors, base Base) (Method, error)
}

// Resolver is a MethodConfig with settings that, left out, depend on the base.
type Resolver interface {
	// For is the configuration with those settings filled in: what the file is to say. One
	// that contradicts base is an error that begins with its key.
	For(base Base) (MethodConfig, error)
}

// Settings are a method's keys of `peft` in a DAG file: a struct with the tags that
// stages.Field reads.
type Settings interface {
	// Method is the configuration of a new adapter; name is what the key `type` says.
	Method(name string) MethodConfig
}

// Kind is a method as it is registered.
type Kind struct {
	PEFTType string   // of its files: peft_type in adapter_config.json, such as LORA
	Types    []string // its names in a DAG file: values of peft.type
	// Prefix stands before the names of the base's modules in adapter_model.safetensors.
	Prefix string
	// Copies says that an adapter may bring trained copies of the base's modules, which its
	// key modules_to_save names beside a head.
	Copies bool
	// Whole says that an adapter is a whole model, in the files of a model's folder.
	Whole bool
	// Read takes the method's keys out of an adapter_config.json.
	Read func(k *Keys) MethodConfig

	fields stages.Fields
	decode func(name string, keys []byte) (MethodConfig, error)
}

var (
	byPEFTType = map[string]Kind{}
	byType     = map[string]Kind{}
)

// Register makes a method known, whose keys in a DAG file are those of S. It is called
// from an init function and panics on a name that is taken.
func Register[S Settings](k Kind) {
	k.fields = stages.FieldsOf[S]()
	k.decode = func(name string, keys []byte) (MethodConfig, error) {
		var s S
		err := json.Unmarshal(keys, &s)
		return s.Method(name), err
	}
	if _, taken := byPEFTType[k.PEFTType]; taken {
		panic("adapter method registered twice: " + k.PEFTType)
	}
	byPEFTType[k.PEFTType] = k
	for _, name := range k.Types {
		if _, taken := byType[name]; taken {
			panic("type of adapter registered twice: " + name)
		}
		byType[name] = k
	}
}

func names(kinds map[string]Kind) []string { return slices.Sorted(maps.Keys(kinds)) }

// Unchanged are the hooks of a method that changes nothing.
type Unchanged struct{}

// VirtualTokens implements Method.
func (Unchanged) VirtualTokens() int { return 0 }

// Embed implements Method.
func (Unchanged) Embed(_ *graph.Graph, x *graph.Node) *graph.Node { return x }

// Linear implements Method.
func (Unchanged) Linear(_ *graph.Graph, _ Layer, _, y *graph.Node) *graph.Node { return y }

// Attention implements Method.
func (Unchanged) Attention(_ *graph.Graph, a Attention, attend Attend) *graph.Node {
	return attend(a.K, a.V)
}

// Stack are the adapters of a model, whose changes add up. It is a method itself: each
// hook calls those of all adapters, in their order.
type Stack []*Adapter

// VirtualTokens implements Method.
func (s Stack) VirtualTokens() (n int) {
	for _, a := range s {
		n += a.VirtualTokens()
	}
	return n
}

// Embed implements Method.
func (s Stack) Embed(g *graph.Graph, x *graph.Node) *graph.Node {
	for _, a := range s {
		x = a.Embed(g, x)
	}
	return x
}

// Linear implements Method.
func (s Stack) Linear(g *graph.Graph, l Layer, x, y *graph.Node) *graph.Node {
	for _, a := range s {
		y = a.Linear(g, l, x, y)
	}
	return y
}

// Attention implements Method. The last adapter's hook is the outermost: what it puts in
// front stands behind what an earlier one does.
func (s Stack) Attention(g *graph.Graph, a Attention, attend Attend) *graph.Node {
	if len(s) == 0 {
		return attend(a.K, a.V)
	}
	last := len(s) - 1
	return s[last].Attention(g, a, func(k, v *graph.Node) *graph.Node {
		below := a
		below.K, below.V = k, v
		return s[:last].Attention(g, below, attend)
	})
}

// Head is the classification head of the adapter that has one, nil without.
func (s Stack) Head() *Head {
	for _, a := range s {
		if a.Head != nil {
			return a.Head
		}
	}
	return nil
}
