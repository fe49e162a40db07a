// Package graph builds and runs the computation graph of a transformer. Gorgonia
// holds the graph and its TapeMachine runs it; every op, every value and the
// reverse pass are ours, over a kernel.Backend.
//
// Parameters live in a Params set, outside any graph: a graph is compiled for
// one shape (batch, seq), and many graphs share the parameters and one
// workspace. A graph is built by calling its methods in order; the first
// mistake is kept and returned by Compile, so a builder need not check each call.
//
//	params := graph.NewParams(backend)                      // e.g. cpu.New(cpu.Options{})
//	embed := params.Add("model.embed_tokens.weight", graph.Frozen, vocab, hidden)
//	norm := params.Add("model.norm.weight", graph.Frozen, hidden)
//	wq := params.Add("q_proj.weight", graph.Frozen, hidden, hidden)   // [out, in]
//	a := params.Add("q_proj.lora_A.weight", graph.Trainable, r, hidden)
//	b := params.Add("q_proj.lora_B.weight", graph.Trainable, hidden, r)
//	err := wq.Upload(kernel.F32s(weights))                  // or raw BF16 bytes of a file
//
//	g := graph.New(params, graph.Options{Batch: 10, Seq: 128, Training: true, Seed: 7})
//	x := g.Embedding(embed)                                 // [batch·seq, hidden]
//	h := g.RMSNorm(x, norm, 1e-6)
//	x = g.Add(x, g.LoRA(h, g.Linear(h, wq, nil), graph.LowRank{A: a, B: b, Scale: 2, Dropout: 0.1}))
//	loss := g.LMLoss(g.RMSNorm(x, norm, 1e-6), embed)       // tied embeddings
//	g.Backward(loss)
//	m, err := g.Compile()
//
//	for step := 1; step <= steps; step++ {
//		params.ZeroGrad()
//		r, err := m.Run(graph.Batch{InputIDs: ids, Lengths: lengths, Step: step})  // adds to gradients
//		err = params.AdamW(kernel.Adam{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Step: step}, 1)
//	}
//
// Without Backward a graph only runs forward; without Options.Training dropout
// does nothing. Nodes marked by Output can be read after Run.
//
// Gradients are written only along paths that reach a trainable parameter: a
// frozen one has no gradient buffer and costs no kernel.
package graph
