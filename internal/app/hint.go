package app

import (
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/lang/classify"
)

// hint lets moderators see what the model takes a post for: an attack, an insult, hate, when that is likelier than not.
func hint(reader enrich.Enricher) func(title, text string) (string, float64) {
	return func(title, text string) (label string, p float64) {
		var r enrich.Reading
		reader.Enrich(enrich.Input{Title: title, Text: text}, &r)
		for i, share := range r.Aggression {
			if i > 0 && r.Classified && share >= 0.5 {
				return classify.Aggression(i).String(), share
			}
		}
		return "", 0
	}
}

// tone lets whoever writes see what the model takes a sentence of theirs for.
func tone(reader enrich.Enricher) func(sentence string) (string, float64) {
	judge := hint(reader)
	return func(sentence string) (string, float64) { return judge("", sentence) }
}
