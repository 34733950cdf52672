package train

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/entente/entente/lang/classify"
)

// finish writes the weights and measures them as a classifier uses them.
func (t *trainer) finish() (*Result, error) {
	tab := &classify.Table{Version: "draft", Outputs: Outputs, Hidden: Hidden, Lines: t.options.Lines, Entries: t.entries(), Scale: t.scale[:], Bias: t.bias[:],
		Lexicon: t.lexicon, Second: t.second.weights, Tuning: t.second.tuning}
	draft, err := tab.Bytes()
	if err != nil {
		return nil, fmt.Errorf("write weights: %w", err)
	}
	sum := sha256.Sum256(draft)
	tab.Version = hex.EncodeToString(sum[:4])
	card, err := t.measure(tab)
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	if tab.Card, err = json.Marshal(card); err != nil {
		return nil, fmt.Errorf("write the card: %w", err)
	}
	out, err := tab.Bytes()
	if err != nil {
		return nil, fmt.Errorf("write weights: %w", err)
	}
	return &Result{Weights: out, Card: *card}, nil
}

// entries is the table as a classifier reads it: a fingerprint and a byte for each output.
func (t *trainer) entries() []byte {
	const size = classify.MostOutputs + 1
	out := make([]byte, t.table.size()*size)
	for i, mark := range t.table.marks {
		e := out[i*size : (i+1)*size]
		e[0] = mark
		for o := range classify.MostOutputs {
			e[1+o] = 128
			if len(t.weights[o]) > 0 {
				e[1+o] = byte(int(t.weights[o][i]) + 128)
			}
		}
	}
	return out
}
