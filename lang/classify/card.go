package classify

// Card is the model card: where the models come from, how good they are and where they are weak.
type Card struct {
	Version  string   `json:"version"`
	Seed     uint64   `json:"seed"`
	Data     []Data   `json:"data"`
	Figures  []Figure `json:"figures"`
	Bins     []Bin    `json:"bins"`
	Matrices []Matrix `json:"matrices"`
	Weak     []Weak   `json:"weak"`
}

// Weak is a known weakness: an id for those who translate, and an English sentence.
type Weak struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Data is one set of texts that the models learned from or were measured on.
type Data struct {
	Name    string `json:"name"`
	File    string `json:"file"`
	SHA256  string `json:"sha256"`
	Licence string `json:"licence"`
	Lang    string `json:"lang"`
	Rows    int    `json:"rows"`
	Refused int    `json:"refused"` // rows left out, for they stand in a test set
	Use     string `json:"use"`     // training, validation, measuring
	Own     bool   `json:"own"`     // written and labelled by this project
}

// Figure is one measurement on texts that were not trained on.
type Figure struct {
	Head   string  `json:"head"`
	Lang   string  `json:"lang"`
	Set    string  `json:"set"`
	Metric string  `json:"metric"`
	Value  float64 `json:"value"` // 0 to 1
	Low    float64 `json:"low"`   // bounds of the 95 % interval
	High   float64 `json:"high"`
	N      int     `json:"n"`
}

// Bin is one step of the reliability of probabilities: of the N texts given about P, Share were so.
type Bin struct {
	Head  string  `json:"head"`
	Label string  `json:"label"`
	P     float64 `json:"p"`
	Share float64 `json:"share"`
	N     int     `json:"n"`
}

// Matrix is a confusion matrix on validation.
type Matrix struct {
	Head   string      `json:"head"`
	Label  string      `json:"label"` // of the kinds, which have one matrix each
	Lang   string      `json:"lang"`  // "" for all languages together
	Names  []string    `json:"names"`
	Counts [][]float64 `json:"counts"` // rows: what people said; columns: what the model said
}
