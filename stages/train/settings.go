package train

// Validated are the settings of validation that stages of language models share.
type Validated struct {
	MaxVal int `json:"max_val" default:"10000" unit:"documents" min:"0" doc:"Documents of val on which the loss is measured, at each epoch's end; the same ones for one seed, chosen by the hash of their ids. 0: all."`
}
