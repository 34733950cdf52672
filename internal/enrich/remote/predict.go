package remote

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// even is from which score on a label is believed: more likely than not.
const even = 0.5

func predict(texts []string) any {
	inputs := make([][]string, len(texts))
	for i, t := range texts {
		inputs[i] = []string{t}
	}
	return map[string]any{"inputs": inputs, "truncate": true}
}

// readScores reads a list of labels with scores for each text. A label that is neither offered nor named spoils the answer about its text; one
// that is not more likely than not is not said.
func readScores(raw []byte, names map[string]string, q Question, n int) ([]Answer, error) {
	var said [][]struct {
		Label string   `json:"label"`
		Score *float64 `json:"score"`
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		return nil, fmt.Errorf("%w: not the JSON that was asked for", ErrAnswer)
	}
	if len(said) != n {
		return nil, fmt.Errorf("%w: it is about %d posts of %d", ErrAnswer, len(said), n)
	}
	out := make([]Answer, n)
	for i, scores := range said {
		var over []string
		known := len(scores) > 0 && len(scores) <= 100
		for _, s := range scores {
			v := strings.ToLower(s.Label)
			if name, is := names[v]; is {
				v = name
			}
			nothing := q.Several && v == None
			if s.Score == nil || !(*s.Score >= 0 && *s.Score <= 1) || !nothing && !slices.Contains(q.Values, v) {
				known = false
				break
			}
			if *s.Score > even && !nothing {
				over = append(over, v)
			}
		}
		if !known {
			continue
		}
		out[i] = Answer{}
		if len(over) == 0 && !q.Several {
			continue // it is not sure, and says so
		}
		if v, ok := q.value(over); ok {
			out[i][q.Head] = v
		} else {
			out[i] = nil
		}
	}
	return out, nil
}
