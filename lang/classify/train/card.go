package train

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// JSON is the card for programs.
func (r *Result) JSON() []byte {
	b, err := json.MarshalIndent(r.Card, "", " ")
	if err != nil {
		return nil // a card is made of strings and finite numbers
	}
	return append(b, '\n')
}

// Markdown is the card for people.
func (r *Result) Markdown() []byte {
	var b bytes.Buffer
	c := &r.Card
	fmt.Fprintf(&b, "# Model card: sentiment, kinds, emotion, aggression\n\nVersion `%s`, seed %d. Written by `entente train`; do not edit.\n\n", c.Version, c.Seed)
	b.WriteString("One linear model for each of " + fmt.Sprint(Outputs) + " outputs over hashed words, pairs of words, runs of letters inside words, signs, and what lexicons tell; each\n" +
		"learned from the texts whose label for it is known; beside them a network of " + fmt.Sprint(Hidden) + " bent sums over the same, learned for what kinds have in common. Outputs make the labels,\n" +
		"with slopes, shifts and thresholds for each language. Suggestions and complaints have an output for app reviews and one for other posts; a third says which\n" +
		"it is. Suggestions outside app reviews are judged as if one text in " + fmt.Sprint(int(1/usualSuggestions)) + " were one; readers of app reviews also call it one\n" +
		"when something is missing, unwanted or not for everybody, and do not always agree with themselves. Weights are bytes, packed in the program.\n\n" +
		"Figures are about texts that the measured weights did not see, with quantised weights: files that were held out are classified as by anybody, from the text and\n" +
		"its language as a hint; the others by models trained without a third of them (app reviews: without their brand, but with all else). Slopes, shifts and thresholds were chosen on the latter.\n\n")
	b.WriteString("## Figures\n\n| head | language | texts | metric | value | 95 % | n |\n|---|---|---|---|---:|---|---:|\n")
	for _, f := range c.Figures {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %.1f | %.1f to %.1f | %d |\n", f.Head, f.Lang, f.Set, f.Metric, 100*f.Value, 100*f.Low, 100*f.High, f.N)
	}
	b.WriteString("\n## Known weaknesses\n\n")
	for _, w := range c.Weak {
		fmt.Fprintf(&b, "- %s\n", w.Text)
	}
	b.WriteString("\n## Reliability\n\nOf the texts given a probability near p, the share that were so.\n\n| head | label | p | share | n |\n|---|---|---:|---:|---:|\n")
	for _, x := range c.Bins {
		fmt.Fprintf(&b, "| %s | %s | %.2f | %.2f | %d |\n", x.Head, x.Label, x.P, x.Share, x.N)
	}
	b.WriteString("\n## Confusion\n\nRows: what people said; columns: what the model said.\n\n")
	for _, m := range c.Matrices {
		of := strings.TrimSpace(m.Head + " " + m.Label)
		if m.Lang == "" {
			of += ", all languages"
		} else {
			of += ", " + m.Lang
		}
		fmt.Fprintf(&b, "| %s | %s |\n|---|%s\n", of, strings.Join(m.Names, " | "), strings.Repeat("---:|", len(m.Names)))
		for i, row := range m.Counts {
			fmt.Fprintf(&b, "| %s |", m.Names[i])
			for _, n := range row {
				fmt.Fprintf(&b, " %.0f |", n)
			}
			b.WriteByte('\n')
		}
		b.WriteByte('\n')
	}
	b.WriteString("## Data\n\n| set | licence | language | rows | left out, for they stand in a test set | use | ours |\n|---|---|---|---:|---:|---|---|\n")
	for _, d := range c.Data {
		ours := ""
		if d.Own {
			ours = "written and labelled by us"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %s | %s |\n", d.Name, d.Licence, d.Lang, d.Rows, d.Refused, d.Use, ours)
	}
	return b.Bytes()
}
